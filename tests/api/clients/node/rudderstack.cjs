// What a company's program says with @rudderstack/rudder-sdk-node; only the address is Helder's.
const Analytics = require("@rudderstack/rudder-sdk-node");
const client = new Analytics(process.env.KEY, { dataPlaneUrl: process.env.HOST });
const userId = "u-1";
client.identify({ userId, traits: { email: "jan@example.nl", firstName: "Jan" } });
client.track({ userId, event: "Order Completed", properties: { order_id: "o1", revenue: 25.5, currency: "EUR" } });
client.page({ userId, name: "Home", properties: { url: "https://shop.example/" } });
client.screen({ userId, name: "Basket" });
client.group({ userId, groupId: "acc-1", traits: { name: "ACME" } });
client.alias({ userId, previousId: "anon-1" });
client.track({ anonymousId: "anon-9", event: "Seen" });
client.flush().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
