-- One golden record a person; a tenth has no known date of birth.
INSERT INTO profile BY NAME
SELECT email_id AS profile_id, email,
    list_extract(['Jan', 'Anna', 'Piet', 'Sanne', 'Kees', 'Emma', 'Bram', 'Lotte', 'Daan', 'Fleur'], (p % 10 + 1)::INTEGER) AS first_name,
    CASE WHEN p % 7 = 0 THEN 'van der' WHEN p % 7 = 1 THEN 'de' END AS infix,
    list_extract(['Bakker', 'Visser', 'Smit', 'Meijer', 'Mulder', 'Bos', 'Vos', 'Peters', 'Dekker', 'Dijk', 'Kok'], (p % 11 + 1)::INTEGER) AS last_name,
    CASE WHEN p % 2 = 0 THEN 'm' ELSE 'f' END AS gender,
    CASE WHEN p % 10 <> 3 THEN DATE '1940-01-01' + (hash(p) % 24000)::INTEGER END AS birth_date,
    'Dorpsstraat' AS street, (p % 200)::VARCHAR AS house_number, (1000 + p % 8999)::VARCHAR || ' AB' AS postcode,
    list_extract(['Utrecht', 'Zwolle', 'Breda', 'Leiden', 'Groningen', 'Arnhem', 'Haarlem', 'Maastricht'], (hash(p, 2) % 8 + 1)::INTEGER) AS city,
    'NL' AS country, 'nl' AS language, email_id AS email_identity,
    make_timestamp($now - 31536000000000) AS first_seen, make_timestamp($now) AS last_seen, 1 AS batch
FROM person
