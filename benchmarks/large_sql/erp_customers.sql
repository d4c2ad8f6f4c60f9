-- Every person is a customer.
SELECT printf('E%07d', p), 'Jan', 'Bakker', 'p' || p || '@example.org', 'Utrecht', '2026-06-01T00:00:00Z' FROM range($people) AS person(p)
