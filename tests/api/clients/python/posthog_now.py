"""What a company's program says with posthog for Python; only the host is Helder's."""

import os

from posthog import Posthog

client = Posthog(os.environ["KEY"], host=os.environ["HOST"], max_retries=0)
client.set(distinct_id="u-1", properties={"email": "jan@example.nl", "firstName": "Jan"})
client.capture(
    "Order Completed",
    distinct_id="u-1",
    properties={"order_id": "o1", "revenue": 25.5, "currency": "EUR", "$set": {"vip": True}},
)
client.capture("$pageview", distinct_id="u-1", properties={"$current_url": "https://shop.example/", "title": "Home"})
client.capture("$screen", distinct_id="u-1", properties={"$screen_name": "Basket"})
client.group_identify("company", "acc-1", {"name": "ACME"}, distinct_id="u-1")
client.alias("anon-1", "u-1")
client.capture("Seen")
# No flag is set at Helder, and asking is no error.
assert client.get_all_flags("u-1") == {}
client.shutdown()
