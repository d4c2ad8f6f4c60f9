"""What a company's program says with segment-analytics-python; only the host is Helder's."""

import os
from datetime import UTC, datetime

from segment.analytics import Client

client = Client(os.environ["KEY"], host=os.environ["HOST"], gzip=True, max_retries=0)
then = datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC)
client.identify("u-1", {"email": "jan@example.nl", "firstName": "Jan"}, timestamp=then)
client.track("u-1", "Order Completed", {"order_id": "o1", "revenue": 25.5, "currency": "EUR"}, {"ip": "192.0.2.1"})
client.page("u-1", "Shop", "Home", {"url": "https://shop.example/"})
client.screen("u-1", "Shop", "Basket")
client.group("u-1", "acc-1", {"name": "ACME"})
client.alias("anon-1", "u-1")
client.track(anonymous_id="anon-9", event="Seen")
client.flush()
client.join()
