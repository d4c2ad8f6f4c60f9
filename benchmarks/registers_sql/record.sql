-- Five records a person, one a source, with the mess that registers have. One in twenty lives with the one before.
CREATE TEMP TABLE record AS
WITH person AS (
    SELECT p, p - CASE WHEN p % 20 = 1 THEN 1 ELSE 0 END AS home,
        list_extract($first, (hash(p, 1) % len($first) + 1)::INTEGER) AS first_name
    FROM range($people) AS number(p)
), drawn AS (
    SELECT p, home, s, list_extract(['erp', 'shop', 'newsletter', 'service', 'club'], (s + 1)::INTEGER) AS source, first_name,
        list_extract($last, (hash(home, 2) % len($last) + 1)::INTEGER) AS surname,
        hash(p, s, 3) % 100 AS slip, hash(p, s, 4) % 100 AS mail, hash(p, s, 5) % 100 AS call, hash(home, 6) % 100 AS moved
    FROM person, range(5) AS register(s)
)
SELECT p, source, upper(source[1]) || printf('%08d', p) AS record_key,
    CASE WHEN s = 0 AND slip >= 90 THEN first_name[1] || '.' ELSE first_name END AS first_name,
    CASE WHEN home % 5 = 0 THEN 'van der' WHEN home % 5 = 1 THEN 'de' END AS infix,
    -- Three in a hundred have a letter too few.
    CASE WHEN slip < 3 THEN surname[1:3] || surname[5:] ELSE surname END AS last_name,
    CASE WHEN s = 2 AND p < $people // 100 THEN 'redactie@lentehof.example'
        WHEN mail < 12 THEN NULL
        WHEN mail < 13 THEN 'info@bedrijf' || p % 500 || '.example'
        WHEN s = 1 AND mail < 20 THEN 'p' || p || '.werk@example.org'
        WHEN p % 40 = 1 THEN 'p' || home || '@example.org' ELSE 'p' || p || '@example.org' END AS email,
    CASE WHEN call < 40 THEN '+316' || printf('%08d', home) END AS phone,
    CASE WHEN p % 2 = 0 THEN 'm' ELSE 'f' END AS gender,
    CASE WHEN call % 3 > 0 THEN DATE '1940-01-01' + (hash(p, 7) % 24000)::INTEGER END AS birth_date,
    'Dorpsstraat' AS street, (home % 200 + CASE WHEN moved < 4 THEN s ELSE 0 END)::VARCHAR AS house_number,
    printf('%d AB', 1000 + home % 8999) AS postcode, 'Utrecht' AS city, 'NL' AS country, 'nl' AS language,
    s = 2 AS email_verified, TIMESTAMP '2026-11-01' - to_days((hash(p, s, 8) % 2000)::INTEGER) AS changed_at, s + 1 AS batch
FROM drawn
