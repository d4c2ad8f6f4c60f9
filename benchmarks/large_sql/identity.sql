-- Three identities a person.
INSERT INTO identity
SELECT unnest([email_id, erp_id, web_id]), unnest(['email', 'customer:erp', web_kind]), unnest([email, erp, web]),
    make_timestamp($now - 31536000000000), 1
FROM person
