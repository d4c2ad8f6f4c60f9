-- Three workshop orders a person since 2016; some 2% of the people ordered for this autumn, in the last 40 days.
SELECT p * 3 + n, printf('E%07d', p), 'W' || (hash(p, n) % 12), CASE WHEN lately THEN 'autumn' ELSE 'spring' END,
    1 + (hash(p, n, 1) % 4 = 0)::INTEGER, 7900 + (hash(p, n, 2) % 8)::INTEGER * 1000,
    CASE WHEN hash(p, n, 3) % 20 = 0 THEN 'cancelled' ELSE 'confirmed' END,
    strftime(make_timestamp($now - CASE WHEN lately THEN (hash(p, n, 4) % 3456000000000)::BIGINT
        ELSE 15552000000000 + (hash(p, n, 4) % 300000000000000)::BIGINT END), '%Y-%m-%dT%H:%M:%SZ')
FROM (SELECT p, n, hash(p, n, 5) % 150 = 0 AS lately FROM range($people) AS person(p), range(3) AS number(n))
ORDER BY hash(p, n, 6)
