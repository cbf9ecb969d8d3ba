"""What the database itself enforces of the ledger: append-only, balanced, guarded, and summed up by nobody else."""

from alembic import op

from gamekeeper.kernel.database.ddl import definer_function, system_table
from gamekeeper.kernel.database.roles import Roles

APPEND_ONLY = """
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused, post a reversal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""

ACCOUNT_FIXED = """
CREATE FUNCTION ledger_account_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'balance' IS DISTINCT FROM to_jsonb(OLD) - 'balance' THEN
        RAISE EXCEPTION 'a ledger account never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

# Without this a balanced pair could be added to a transfer of last year.
SAME_TRANSACTION = """
CREATE FUNCTION ledger_same_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_transfers t
                   WHERE t.organization_id = NEW.organization_id AND t.id = NEW.transfer_id
                     AND t.xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'transfer % is closed: postings join it only in the transaction that made it', NEW.transfer_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

# On both tables: a transfer without postings must fail as well, and so must a posting that comes after an early check.
BALANCED = """
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject uuid;
    sums record;
BEGIN
    IF TG_TABLE_NAME = 'ledger_transfers' THEN subject := NEW.id; ELSE subject := NEW.transfer_id; END IF;
    SELECT count(*) AS sides, count(*) FILTER (WHERE by_currency.amount <> 0) AS unbalanced INTO sums
    FROM (SELECT sum(p.amount) AS amount FROM ledger_postings p
          WHERE p.organization_id = NEW.organization_id AND p.transfer_id = subject
          GROUP BY p.currency) AS by_currency;
    IF sums.sides = 0 OR sums.unbalanced > 0 THEN
        RAISE EXCEPTION 'transfer % does not balance', subject
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    RETURN NULL;
END $$
"""

# Runs as the system role, the only one that may write a balance. Locks in the order of ids, so that two transfers
# over the same accounts wait for each other instead of failing; NO KEY, since the foreign keys hold a share lock.
APPLY = """
CREATE FUNCTION ledger_apply() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM ledger_accounts a
    WHERE (a.organization_id, a.id) IN (SELECT f.organization_id, f.account_id FROM fresh f)
    ORDER BY a.organization_id, a.id FOR NO KEY UPDATE;
    UPDATE ledger_accounts a SET balance = a.balance + s.amount
    FROM (SELECT f.organization_id, f.account_id, sum(f.amount)::bigint AS amount
          FROM fresh f GROUP BY f.organization_id, f.account_id) AS s
    WHERE a.organization_id = s.organization_id AND a.id = s.account_id;
    RETURN NULL;
END $$
"""

SIZE = """
CREATE FUNCTION ledger_size() RETURNS TABLE (accounts bigint, transfers bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT count(*) FROM ledger_accounts), (SELECT count(*) FROM ledger_transfers)
$$
"""

# A session may earn less than was bought for it (time was paid back), never more, and while it runs exactly that.
DIFFERENCES = """
CREATE FUNCTION ledger_differences()
RETURNS TABLE (kind text, organization_id uuid, subject_id uuid, label text, currency text,
               stored bigint, recomputed bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT 'account', a.organization_id, a.id, a.name, a.currency, a.balance, coalesce(sum(p.amount), 0)::bigint
    FROM ledger_accounts a
    LEFT JOIN ledger_postings p ON p.organization_id = a.organization_id AND p.account_id = a.id
    GROUP BY a.organization_id, a.id
    HAVING a.balance <> coalesce(sum(p.amount), 0)
    UNION ALL
    SELECT 'transfer', t.organization_id, t.id, t.key, coalesce(p.currency, ''), 0, coalesce(sum(p.amount), 0)::bigint
    FROM ledger_transfers t
    LEFT JOIN ledger_postings p ON p.organization_id = t.organization_id AND p.transfer_id = t.id
    GROUP BY t.organization_id, t.id, p.currency
    HAVING coalesce(sum(p.amount), 0) <> 0 OR count(p.id) = 0
    UNION ALL
    SELECT 'session', v.organization_id, v.id, s.label, v.currency, bought.amount, earned.amount
    FROM venue_sessions v
    JOIN stations s ON s.organization_id = v.organization_id AND s.id = v.station_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.amount), 0)::bigint AS amount FROM session_purchases b
        WHERE b.organization_id = v.organization_id AND b.session_id = v.id AND b.undone_at IS NULL) AS bought
    CROSS JOIN LATERAL (
        SELECT coalesce(-sum(p.amount), 0)::bigint AS amount
        FROM ledger_transfers t
        JOIN ledger_postings p ON p.organization_id = t.organization_id AND p.transfer_id = t.id
        JOIN ledger_accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
        WHERE t.organization_id = v.organization_id AND t.subject_id = v.id AND a.family = 'revenue') AS earned
    WHERE earned.amount < 0 OR earned.amount > bought.amount
       OR (v.state = 'open' AND earned.amount <> bought.amount)
    ORDER BY 1, 2, 4
$$
"""


def ledger_rules(roles: Roles) -> None:
    """Functions and triggers on the three tables, which exist already."""
    for function in (APPEND_ONLY, ACCOUNT_FIXED, SAME_TRANSACTION, BALANCED, APPLY):
        op.execute(function)
    for table in ("ledger_transfers", "ledger_postings"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
        )
        op.execute(
            f"CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION ledger_balanced()"
        )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
    )
    op.execute(
        "CREATE TRIGGER fixed BEFORE UPDATE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_account_fixed()"
    )
    op.execute(
        "CREATE TRIGGER same_transaction BEFORE INSERT ON ledger_postings "
        "FOR EACH ROW EXECUTE FUNCTION ledger_same_transaction()"
    )
    op.execute(
        "CREATE TRIGGER apply AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_apply()"
    )
    op.execute("REVOKE ALL ON FUNCTION ledger_apply() FROM PUBLIC")
    op.execute(f"ALTER FUNCTION ledger_apply() OWNER TO {roles.system}")
    system_table(roles, "ledger_accounts", rights="SELECT, UPDATE (balance)")
    system_table(roles, "ledger_transfers")
    system_table(roles, "ledger_postings")


def ledger_checks(roles: Roles) -> None:
    """The functions of `gamekeeper ledger check`, over the tables of the ledger and of the sessions."""
    for table in ("stations", "venue_sessions", "session_purchases"):
        system_table(roles, table)
    definer_function(roles, "ledger_size()", SIZE)
    definer_function(roles, "ledger_differences()", DIFFERENCES)


def drop_ledger_rules() -> None:
    """The functions, once the tables are gone."""
    for function in ("differences", "size", "apply", "balanced", "same_transaction", "account_fixed", "append_only"):
        op.execute(f"DROP FUNCTION ledger_{function}()")
