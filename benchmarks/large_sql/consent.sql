-- For events: 55% yes, 10% yes and a month later no, 10% no, 25% never asked. For the newsletter: 60% yes, by title.
INSERT INTO consent
SELECT email_id, 'events', 'email', '', unnest(choices), 'consent', make_timestamp($now - unnest(days) * 86400000000), 'newsletter', 1
FROM (
    SELECT email_id,
        CASE WHEN h < 55 THEN ['yes'] WHEN h < 65 THEN ['yes', 'no'] ELSE ['no'] END AS choices,
        [200 + h, 170 + h][1:CASE WHEN h >= 55 AND h < 65 THEN 2 ELSE 1 END] AS days
    FROM (SELECT email_id, (hash(p, 6) % 100)::BIGINT AS h FROM person) WHERE h < 75
)
UNION ALL
SELECT email_id, 'newsletter', 'email', list_extract(['tuin', 'keuken', 'pad'], (p % 3 + 1)::INTEGER), 'yes', 'consent',
    make_timestamp($now - 300 * 86400000000), 'newsletter', 1
FROM person WHERE hash(p, 7) % 10 < 6
