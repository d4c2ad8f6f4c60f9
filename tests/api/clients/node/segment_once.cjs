// What a company's program says with analytics-node 6; only the host is Helder's.
const Analytics = require("analytics-node").default || require("analytics-node");
const client = new Analytics(process.env.KEY, { host: process.env.HOST, retryCount: 0 });
const userId = "u-1";
client.identify({ userId, traits: { email: "jan@example.nl", firstName: "Jan" } });
client.track({ userId, event: "Order Completed", properties: { order_id: "o1", revenue: 25.5, currency: "EUR" } });
client.page({ userId, name: "Home", properties: { url: "https://shop.example/" } });
client.screen({ userId, name: "Basket" });
client.group({ userId, groupId: "acc-1", traits: { name: "ACME" } });
client.alias({ userId, previousId: "anon-1" });
client.track({ anonymousId: "anon-9", event: "Seen" });
client.flush().catch((error) => { console.error(error); process.exitCode = 1; });
