"""Readings of devices in day partitions, their roll-ups in month partitions, and the functions that keep both.

The tables and the functions belong to the system role, which nobody can log in as: whoever calls the functions
can make, fill and retire partitions and nothing else. A partition has no policy (COPY is refused where there is
one) and therefore no grant to anybody but the ingest role, which may only insert.
"""

import sqlalchemy as sa
from alembic import context, op

from gamekeeper.kernel.database.ddl import (
    definer_function,
    drop_functions,
    drop_tables,
    global_table,
    system_table,
    tenant_table,
)
from gamekeeper.kernel.database.roles import Roles

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

METRICS = ("cpu", "memory", "temperature", "disk", "latency")
ROLLUPS = ("metrics_5min", "metrics_hour")
ROLLED = [f"{metric}_{part}" for metric in METRICS for part in ("min", "max", "avg", "last", "count")]
ASSIGN = ", ".join(f"{column} = excluded.{column}" for column in ROLLED)

PREPARE = """
CREATE FUNCTION prepare_metrics(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    made integer := 0;
    day date;
    month date;
    rollup text;
BEGIN
    -- A caller gone wrong must not fill the catalogue with partitions.
    IF last > (now() AT TIME ZONE 'UTC')::date + 7 OR last - first > 500 THEN
        RAISE EXCEPTION 'partitions from % to % are refused', first, last USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('prepare_metrics'));
    FOR day IN SELECT generate_series(first, last, '1 day')::date LOOP
        made := made + make_metric_partition('device_metrics', to_char(day, 'YYYYMMDD'), 'ts', day, day + 1);
    END LOOP;
    FOR month IN SELECT generate_series(date_trunc('month', first), date_trunc('month', last), '1 month')::date LOOP
        FOREACH rollup IN ARRAY ARRAY['metrics_5min', 'metrics_hour'] LOOP
            made := made + make_metric_partition(
                rollup, to_char(month, 'YYYYMM'), 'bucket', month, (month + interval '1 month')::date);
        END LOOP;
    END LOOP;
    RETURN made;
END $$
"""

# Made beside the table and then attached: that takes a lock which neither readers nor writers wait for. Rows that
# fell into the default partition meanwhile move to where they belong, or the attachment would be refused.
MAKE = """
CREATE FUNCTION make_metric_partition(parent text, suffix text, key text, low date, high date) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name text := CASE parent WHEN 'device_metrics' THEN parent ELSE 'device_' || parent END || '_' || suffix;
    since timestamptz := low::timestamp AT TIME ZONE 'UTC';
    until timestamptz := high::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS)', name, parent);
    IF parent = 'device_metrics' THEN
        EXECUTE format('WITH moved AS (DELETE FROM device_metrics_default WHERE ts >= $1 AND ts < $2 RETURNING *)
                        INSERT INTO public.%I SELECT * FROM moved', name) USING since, until;
        EXECUTE format('GRANT INSERT ON public.%I TO {ingest}', name);
    END IF;
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, name, since, until);
    RETURN 1;
END $$
"""

RETIRE = """
CREATE FUNCTION retire_metrics(raw_before timestamptz, five_before timestamptz, hour_before timestamptz)
RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    parent text;
    partition record;
    before timestamptz;
BEGIN
    FOREACH parent IN ARRAY ARRAY['device_metrics', 'metrics_5min', 'metrics_hour'] LOOP
        before := CASE parent WHEN 'device_metrics' THEN raw_before WHEN 'metrics_5min' THEN five_before
                              ELSE hour_before END;
        -- Whoever gets hold of a caller must not be able to drop what is happening now.
        before := least(before, now() - interval '1 day');
        FOR partition IN
            SELECT c.oid::regclass::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = ('public.' || parent)::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
        LOOP
            IF substring(partition.bounds FROM $re$TO \\('([^']+)'\\)$re$)::timestamptz <= before THEN
                EXECUTE 'DROP TABLE ' || partition.name;
                RETURN NEXT partition.name;
            END IF;
        END LOOP;
    END LOOP;
    DELETE FROM device_metrics_default WHERE ts < least(raw_before, now() - interval '1 day');
END $$
"""

AGGREGATES = ",\n           ".join(
    f"min(m.{m}), max(m.{m}), avg(m.{m})::real, "
    f"(array_agg(m.{m} ORDER BY m.ts DESC) FILTER (WHERE m.{m} IS NOT NULL))[1], count(m.{m})::smallint"
    for m in METRICS
)
COMBINED = ",\n           ".join(
    f"min(m.{m}_min), max(m.{m}_max), "
    f"(sum(m.{m}_avg::double precision * m.{m}_count) / nullif(sum(m.{m}_count), 0))::real, "
    f"(array_agg(m.{m}_last ORDER BY m.bucket DESC) FILTER (WHERE m.{m}_last IS NOT NULL))[1], "
    f"sum(m.{m}_count)::smallint"
    for m in METRICS
)


def upsert(rollup: str, step: str, source: str, aggregates: str, key: str) -> str:
    """INSERT … SELECT … GROUP BY device and bucket; `source` is what follows FROM."""
    return f"""
    INSERT INTO {rollup} (organization_id, device_id, bucket, {", ".join(ROLLED)})
    SELECT m.organization_id, m.device_id, date_bin('{step}', m.{key}, 'epoch'),
           {aggregates}
    FROM {source}
    GROUP BY 1, 2, 3
    ON CONFLICT (organization_id, device_id, bucket) DO UPDATE SET {ASSIGN}"""


# The ten minutes before the mark are computed again, because rows of them may have been committed since.
# One statement for all organizations: a loop over a thousand of them would be a thousand transactions every five
# minutes. The function reads numbers, writes numbers under the same keys, and answers only how far it got.
ROLL_UP = f"""
CREATE FUNCTION roll_up_metrics(most interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    goal timestamptz := date_bin('5 minutes', now(), 'epoch');
    since timestamptz;
    until timestamptz;
BEGIN
    SELECT through INTO since FROM metrics_marks WHERE tier = 'rollup' FOR UPDATE;
    until := least(goal, since + most);
    since := least(since, until) - interval '10 minutes';
    {upsert("metrics_5min", "5 minutes", "device_metrics m WHERE m.ts >= since AND m.ts < until", AGGREGATES, "ts")};
    {upsert("metrics_hour", "1 hour", "metrics_5min m WHERE m.bucket >= date_bin('1 hour', since, 'epoch') AND m.bucket < until", COMBINED, "bucket")};
    UPDATE metrics_marks SET through = until WHERE tier = 'rollup';
    RETURN until < goal;
END $$
"""

# Rows of hours that the regular window has left behind. The list is read and emptied by statements that see the
# rows it speaks of: whoever adds to it does so in the transaction of the readings themselves.
LATE = """unnest(organizations, devices, hours) w (organization_id, device_id, hour)
    JOIN {table} m ON m.organization_id = w.organization_id AND m.device_id = w.device_id
        AND m.{key} >= w.hour AND m.{key} < w.hour + interval '1 hour'"""
ROLL_UP_LATE = f"""
CREATE FUNCTION roll_up_late_metrics(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    organizations uuid[];
    devices uuid[];
    hours timestamptz[];
BEGIN
    PERFORM 1 FROM metrics_marks WHERE tier = 'rollup' FOR UPDATE;
    WITH taken AS (
        DELETE FROM metrics_late l USING (
            SELECT organization_id, id FROM metrics_late ORDER BY organization_id, id LIMIT most) oldest
        WHERE l.organization_id = oldest.organization_id AND l.id = oldest.id
        RETURNING l.organization_id, l.device_id, l.hour)
    SELECT array_agg(t.organization_id), array_agg(t.device_id), array_agg(t.hour) INTO organizations, devices, hours
    FROM (SELECT DISTINCT organization_id, device_id, hour FROM taken) t;
    {upsert("metrics_5min", "5 minutes", LATE.format(table="device_metrics", key="ts") + " AND m.ts < (SELECT through FROM metrics_marks WHERE tier = 'rollup')", AGGREGATES, "ts")};
    {upsert("metrics_hour", "1 hour", LATE.format(table="metrics_5min", key="bucket"), COMBINED, "bucket")};
    RETURN coalesce(cardinality(hours), 0);
END $$
"""


def keys(table: str, time: str) -> list[sa.schema.SchemaItem]:
    """The columns that every table of readings begins with, and its primary key."""
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column(time, sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "device_id", time, name=op.f(f"pk_{table}")),
    ]


def real(name: str) -> sa.Column[float]:
    """A column of four bytes."""
    return sa.Column(name, sa.REAL[float]())


def rolled(name: str) -> sa.Column[float] | sa.Column[int]:
    """A column of a roll-up."""
    return sa.Column(name, sa.SmallInteger()) if name.endswith("_count") else real(name)


def upgrade() -> None:
    roles: Roles = context.config.attributes["roles"]
    op.create_table(
        "device_metrics",
        *keys("device_metrics", "ts"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        *map(real, METRICS),
        postgresql_partition_by="RANGE (ts)",
    )
    # A roll-up reads a few minutes of every device; a B-tree for that would cost as much as the rows themselves.
    op.create_index("ix_device_metrics_ts", "device_metrics", ["ts"], postgresql_using="brin")
    tenant_table(roles, "device_metrics", rights="SELECT")
    system_table(roles, "device_metrics")
    op.execute("CREATE TABLE device_metrics_default PARTITION OF device_metrics DEFAULT")
    op.execute(f"GRANT INSERT ON device_metrics_default TO {roles.ingest}")
    for rollup in ROLLUPS:
        op.create_table(
            rollup,
            *keys(rollup, "bucket"),
            *map(rolled, ROLLED),
            postgresql_partition_by="RANGE (bucket)",
        )
        tenant_table(roles, rollup, rights="SELECT")
        system_table(roles, rollup)

    op.create_table(
        "metrics_late",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_metrics_late")),
    )
    tenant_table(roles, "metrics_late", rights="SELECT")
    system_table(roles, "metrics_late")
    op.execute(f"CREATE POLICY ingest ON metrics_late FOR INSERT TO {roles.ingest} WITH CHECK (true)")
    op.execute(f"GRANT INSERT ON metrics_late TO {roles.ingest}")

    op.create_table(
        "metrics_marks",
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("through", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_metrics_marks")),
    )
    global_table(roles, "metrics_marks", rights="SELECT")
    op.execute("INSERT INTO metrics_marks VALUES ('rollup', date_bin('5 minutes', now(), 'epoch'))")

    for table in ("device_metrics", "device_metrics_default", *ROLLUPS, "metrics_late", "metrics_marks"):
        op.execute(f"ALTER TABLE {table} OWNER TO {roles.system}")
    op.execute(MAKE.format(ingest=roles.ingest))
    op.execute("REVOKE ALL ON FUNCTION make_metric_partition(text, text, text, date, date) FROM PUBLIC")
    op.execute(f"ALTER FUNCTION make_metric_partition(text, text, text, date, date) OWNER TO {roles.system}")
    definer_function(roles, "prepare_metrics(date, date)", PREPARE)
    definer_function(roles, "retire_metrics(timestamptz, timestamptz, timestamptz)", RETIRE)
    definer_function(roles, "roll_up_metrics(interval)", ROLL_UP)
    definer_function(roles, "roll_up_late_metrics(integer)", ROLL_UP_LATE)


def downgrade() -> None:
    drop_functions(
        "roll_up_late_metrics(integer)",
        "roll_up_metrics(interval)",
        "retire_metrics(timestamptz, timestamptz, timestamptz)",
        "prepare_metrics(date, date)",
        "make_metric_partition(text, text, text, date, date)",
    )
    drop_tables("metrics_marks", "metrics_late", *reversed(ROLLUPS), "device_metrics")
