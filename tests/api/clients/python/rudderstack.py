"""What a company's program says with rudder-sdk-python; only the address is Helder's."""

import os

import rudder_analytics

rudder_analytics.write_key, rudder_analytics.data_plane_url = os.environ["KEY"], os.environ["HOST"]
rudder_analytics.identify("u-1", {"email": "jan@example.nl", "firstName": "Jan"})
rudder_analytics.track("u-1", "Order Completed", {"order_id": "o1", "revenue": 25.5, "currency": "EUR"})
rudder_analytics.page("u-1", "Shop", "Home", {"url": "https://shop.example/"})
rudder_analytics.screen("u-1", "Shop", "Basket")
rudder_analytics.group("u-1", "acc-1", {"name": "ACME"})
rudder_analytics.alias("anon-1", "u-1")
rudder_analytics.track(anonymous_id="anon-9", event="Seen")
rudder_analytics.flush()
rudder_analytics.join()
