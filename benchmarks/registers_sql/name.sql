-- Every name that the records mention, once.
SELECT DISTINCT first_name, coalesce(infix, '') AS infix, last_name FROM record
