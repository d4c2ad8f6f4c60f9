CREATE TABLE customers (
    customer_no TEXT PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT, city TEXT, updated_at TEXT NOT NULL
);
CREATE TABLE workshop_orders (
    order_no INTEGER PRIMARY KEY, customer_no TEXT NOT NULL, workshop TEXT NOT NULL, season TEXT NOT NULL,
    places INTEGER NOT NULL, amount_cents INTEGER NOT NULL, status TEXT NOT NULL, ordered_at TEXT NOT NULL
);
