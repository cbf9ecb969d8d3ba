"""The statements behind every request that is signed in."""

SESSION = """
SELECT s.second_factor, coalesce(nullif(u.name, ''), u.email) AS label
FROM auth_sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > now()
"""

API_TOKEN = """
SELECT t.id, t.name, t.permissions, t.networks, t.expires_at, m.user_id,
       EXISTS (SELECT FROM mfa_factors f WHERE f.user_id = m.user_id AND f.confirmed_at IS NOT NULL) AS has_factor,
       coalesce(nullif(u.name, ''), u.email) AS label,
       t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS stale
FROM api_tokens t
JOIN members m ON m.organization_id = t.organization_id AND m.id = t.member_id
JOIN users u ON u.id = m.user_id
WHERE t.organization_id = $1 AND t.token_hash = $2
"""  # noqa: S105 - a statement, not a secret

TOUCH = """
UPDATE api_tokens SET last_used_at = now(), last_used_ip = $3
WHERE organization_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
"""
