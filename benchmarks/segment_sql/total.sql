-- The campaign's rule without its live leaf, as a data engineer writes it: how many profiles meet it.
WITH
    moment AS (SELECT TIMESTAMP '2026-11-24 10:00:00' AS now),
    started AS (
        SELECT p.profile_id, e."at"
        FROM every_event AS e JOIN identity_profile AS p USING (identity_id)
        WHERE e.name = 'Workshop Registration Started'
            AND e."at" > TIMESTAMP '2026-11-24 10:00:00' - INTERVAL 30 DAY
            AND e."at" <= TIMESTAMP '2026-11-24 10:00:00' - INTERVAL 24 HOUR
    ),
    finished AS (
        SELECT p.profile_id, e."at"
        FROM every_event AS e JOIN identity_profile AS p USING (identity_id)
        WHERE e.name = 'Workshop Registration Completed'
            AND e."at" > TIMESTAMP '2026-11-24 10:00:00' - INTERVAL 30 DAY
            AND e."at" <= TIMESTAMP '2026-11-24 10:00:00'
    ),
    candidate AS (
        SELECT DISTINCT profile_id FROM started AS s
        WHERE NOT EXISTS (
            SELECT 1 FROM finished AS f
            WHERE f.profile_id = s.profile_id AND f."at" > s."at" AND f."at" <= s."at" + INTERVAL 24 HOUR
        )
    ),
    mailed AS (
        SELECT DISTINCT p.profile_id FROM every_event AS e JOIN identity_profile AS p USING (identity_id)
        WHERE e.name = 'Email Sent'
            AND e."at" > TIMESTAMP '2026-11-24 10:00:00' - INTERVAL 7 DAY
            AND e."at" <= TIMESTAMP '2026-11-24 10:00:00'
    ),
    complaining AS (
        SELECT DISTINCT p.profile_id FROM ticket AS t JOIN identity_profile AS p USING (identity_id)
        WHERE t.kind = 'complaint' AND t.status = 'open' AND t.until_batch IS NULL
            AND t."at" <= TIMESTAMP '2026-11-24 10:00:00'
    ),
    latest AS (
        SELECT identity_id,
            max("at") FILTER (WHERE choice = 'yes') AS yes_at, max("at") FILTER (WHERE choice = 'no') AS no_at
        FROM consent
        WHERE purpose = 'events' AND channel = 'email' AND title = '' AND "at" <= TIMESTAMP '2026-11-24 10:00:00'
        GROUP BY identity_id
    ),
    asked AS (
        SELECT p.profile_id, bool_or(no_at IS NOT NULL AND (yes_at IS NULL OR no_at >= yes_at)) AS refused
        FROM latest JOIN identity_profile AS p USING (identity_id)
        GROUP BY p.profile_id
    ),
    paid AS (
        SELECT identity_id FROM orders
        WHERE until_batch IS NULL AND "at" <= TIMESTAMP '2026-11-24 10:00:00' AND amount_micros > 0
            AND coalesce(status, '') NOT IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return')
            AND coalesce(kind, '') NOT IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return')
        UNION ALL
        SELECT identity_id FROM subscription
        WHERE until_batch IS NULL AND "at" <= TIMESTAMP '2026-11-24 10:00:00' AND amount_micros > 0
            AND coalesce(status, '') NOT IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return')
            AND coalesce(kind, '') NOT IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return')
    ),
    customer AS (SELECT DISTINCT p.profile_id FROM paid JOIN identity_profile AS p USING (identity_id))
SELECT count(*)
FROM candidate AS c
WHERE NOT EXISTS (SELECT 1 FROM mailed AS m WHERE m.profile_id = c.profile_id)
    AND NOT EXISTS (SELECT 1 FROM complaining AS t WHERE t.profile_id = c.profile_id)
    AND (
        EXISTS (SELECT 1 FROM asked AS a WHERE a.profile_id = c.profile_id AND NOT a.refused)
        OR (
            EXISTS (SELECT 1 FROM customer AS k WHERE k.profile_id = c.profile_id)
            AND NOT EXISTS (SELECT 1 FROM asked AS a WHERE a.profile_id = c.profile_id)
        )
    )
