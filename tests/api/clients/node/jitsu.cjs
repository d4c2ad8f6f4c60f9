// What a company's program says with @jitsu/js; only the host is Helder's.
const { jitsuAnalytics } = require("@jitsu/js");
const client = jitsuAnalytics({
  writeKey: `${process.env.KEY}:secret`, host: process.env.HOST, s2s: true, errorPolicy: "rethrow",
});
const context = { page: { url: "https://shop.example/" } };
(async () => {
  await client.identify("u-1", { email: "jan@example.nl", firstName: "Jan" });
  await client.track("Order Completed", { order_id: "o1", revenue: 25.5, currency: "EUR" });
  await client.page({ name: "Home", url: "https://shop.example/" });
  await client.group("acc-1", { name: "ACME" });
})();
