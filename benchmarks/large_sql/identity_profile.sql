-- The e-mail address is taken for the oldest identity.
INSERT INTO identity_profile SELECT unnest([email_id, erp_id, web_id]), email_id, 1 FROM person
