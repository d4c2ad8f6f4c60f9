-- The ERP's record names the address; the web's identity was seen with it.
INSERT INTO link
SELECT least(email_id, other), greatest(email_id, other), reason, strength, source, erp, make_timestamp($now - 31536000000000), 1
FROM (
    SELECT email_id, erp, unnest([erp_id, web_id]) AS other, unnest(['same_record', 'login']) AS reason,
        unnest([90, 80])::SMALLINT AS strength, unnest(['erp', 'site-tuin']) AS source
    FROM person
)
