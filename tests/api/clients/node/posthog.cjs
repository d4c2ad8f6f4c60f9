// What a company's program says with posthog-node; only the host is Helder's.
const { PostHog } = require("posthog-node");
const client = new PostHog(process.env.KEY, { host: process.env.HOST, fetchRetryCount: 0 });
const distinctId = "u-1";
client.identify({ distinctId, properties: { email: "jan@example.nl", firstName: "Jan" } });
client.capture({
  distinctId, event: "Order Completed",
  properties: { order_id: "o1", revenue: 25.5, currency: "EUR", $set: { vip: true } },
});
client.capture({ distinctId, event: "$pageview", properties: { $current_url: "https://shop.example/", title: "Home" } });
client.capture({ distinctId, event: "$screen", properties: { $screen_name: "Basket" } });
client.groupIdentify({ groupType: "company", groupKey: "acc-1", properties: { name: "ACME" }, distinctId });
client.alias({ distinctId, alias: "anon-1" });
client.capture({ distinctId: "anon-9", event: "Seen", properties: { $process_person_profile: false } });
(async () => {
  const flags = await client.getAllFlags(distinctId);
  if (Object.keys(flags).length) process.exitCode = 1;
  await client.shutdown();
})();
