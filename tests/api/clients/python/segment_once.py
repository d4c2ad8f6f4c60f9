"""What a company's program says with analytics-python 1.4, of 2021; only the host is Helder's."""

import os

import analytics

analytics.write_key, analytics.host, analytics.max_retries = os.environ["KEY"], os.environ["HOST"], 0
analytics.identify("u-1", {"email": "jan@example.nl", "firstName": "Jan"})
analytics.track("u-1", "Order Completed", {"order_id": "o1", "revenue": 25.5, "currency": "EUR"})
analytics.page("u-1", "Shop", "Home", {"url": "https://shop.example/"})
analytics.screen("u-1", "Shop", "Basket")
analytics.group("u-1", "acc-1", {"name": "ACME"})
analytics.alias("anon-1", "u-1")
analytics.track(anonymous_id="anon-9", event="Seen")
analytics.flush()
analytics.join()
