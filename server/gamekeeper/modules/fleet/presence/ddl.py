"""The database's part of presence: what gateways say of all organizations at once, and who fell silent."""

from gamekeeper.kernel.database.ddl import definer_function, drop_functions
from gamekeeper.kernel.database.roles import Roles

# What every gateway says of its connections, all organizations in one statement. It never changes a state: it
# answers what is not as the gateway thinks, and the gateway puts that right as an event of the organization.
FLUSH_PRESENCE = """
CREATE FUNCTION flush_presence(
    node uuid, organizations uuid[], ids uuid[], epochs bigint[], serials text[], states text[], silences real[],
    cpus real[], memories real[], temperatures real[], disks real[], latencies real[])
RETURNS TABLE (id uuid, verdict text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH mine AS (
        SELECT * FROM unnest(
            organizations, ids, epochs, serials, states, silences, cpus, memories, temperatures, disks, latencies)
            AS m(organization_id, id, epoch, serial, state, silent, cpu, memory, temperature, disk, latency)
    ), held AS (
        -- Always in this order, as everybody who writes presence does: two that wait for one another never end.
        SELECT p.organization_id, p.id FROM device_presence p
        JOIN mine m ON p.organization_id = m.organization_id AND p.id = m.id AND p.epoch = m.epoch
        ORDER BY p.organization_id, p.id FOR NO KEY UPDATE OF p
    ), written AS (
        UPDATE device_presence p SET
            node = $1, last_seen = greatest(p.last_seen, now() - make_interval(secs => m.silent)),
            cpu = coalesce(m.cpu, p.cpu), memory = coalesce(m.memory, p.memory),
            temperature = coalesce(m.temperature, p.temperature), disk = coalesce(m.disk, p.disk),
            latency = coalesce(m.latency, p.latency)
        FROM held h JOIN mine m ON m.organization_id = h.organization_id AND m.id = h.id
        WHERE p.organization_id = h.organization_id AND p.id = h.id AND p.epoch = m.epoch
    )
    SELECT m.id, CASE
        WHEN d.id IS NULL THEN 'gone'
        WHEN d.revoked_at IS NOT NULL OR c.revoked_at IS NOT NULL THEN 'revoked'
        WHEN p.epoch > m.epoch THEN 'superseded'
        ELSE 'drifted' END
    FROM mine m
    LEFT JOIN devices d ON d.organization_id = m.organization_id AND d.id = m.id
    LEFT JOIN certificates c ON c.organization_id = m.organization_id AND c.serial = m.serial
    LEFT JOIN device_presence p ON p.organization_id = m.organization_id AND p.id = m.id
    WHERE d.id IS NULL OR d.revoked_at IS NOT NULL OR c.revoked_at IS NOT NULL
       OR p.epoch IS DISTINCT FROM m.epoch OR p.state <> m.state
    UNION ALL
    SELECT DISTINCT m.id, 'waiting'
    FROM mine m JOIN commands c ON c.organization_id = m.organization_id AND c.device_id = m.id AND c.state = 'queued'
        AND (c.not_before IS NULL OR c.not_before <= now())
$$
"""
_FLUSH = (
    "flush_presence(uuid, uuid[], uuid[], bigint[], text[], text[], real[], real[], real[], real[], real[], real[])"
)

# Devices that are said to be connected to a gateway that no longer lives, or that lives and has long stopped saying
# so, and ones whose last certificate ran out.
LOST_PRESENCE = """
CREATE FUNCTION lost_presence(stale interval, unsaid interval)
RETURNS TABLE (organization_id uuid, id uuid, epoch bigint, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.organization_id, p.id, p.epoch,
        CASE WHEN n.beat_at > now() - stale THEN 'connection-lost'
             WHEN n.leaving THEN 'server-drain' ELSE 'gateway-lost' END
    FROM device_presence p LEFT JOIN gateway_nodes n ON n.id = p.node
    WHERE p.state IN ('online', 'degraded')
      AND (n.id IS NULL OR n.beat_at <= now() - stale OR p.last_seen <= now() - unsaid)
    UNION ALL
    SELECT p.organization_id, p.id, p.epoch, 'certificate-expired'
    FROM device_presence p
    WHERE p.state = 'offline' AND p.offline_reason <> 'certificate-expired'
      AND EXISTS (SELECT 1 FROM certificates c WHERE c.organization_id = p.organization_id AND c.device_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM certificates c
                      WHERE c.organization_id = p.organization_id AND c.device_id = p.id AND c.not_after > now())
    LIMIT 1000
$$
"""
_LOST = "lost_presence(interval, interval)"


def watching(roles: Roles) -> None:
    """Both functions, which see devices, certificates, commands and gateways by the policies of their tables."""
    definer_function(roles, _FLUSH, FLUSH_PRESENCE)
    definer_function(roles, _LOST, LOST_PRESENCE)


def drop_watching() -> None:
    """Both functions."""
    drop_functions(_LOST, _FLUSH)
