type Snippet = (address: string, key: string) => string;

/** Code that sends one event over each wire, as in docs/reference/wire*.md. */
export const WIRES = {
  Segment: (address, key) => `from segment.analytics.client import Client  # segment-analytics-python

client = Client("${key}", host="${address}")
client.track("u1", "Order Completed", {"order_id": "o1", "revenue": 199.9, "currency": "CNY"})
client.flush()`,
  RudderStack: (address, key) => `curl "${address}/v1/track?receipts=1" -u ${key}: \\
  -d '{"userId": "u1", "event": "Order Completed", "properties": {"order_id": "o1", "revenue": 199.9}}'`,
  PostHog: (address, key) => `from posthog import Posthog

client = Posthog("${key}", host="${address}")
client.capture("Order Completed", distinct_id="u1", properties={"order_id": "o1", "revenue": 199.9})
client.shutdown()`,
  Sensors: (address, key) => `from sensorsanalytics import BatchConsumer, SensorsAnalytics  # SensorsAnalyticsSDK

client = SensorsAnalytics(BatchConsumer("${address}/sa?project=default&token=${key}"))
client.track("u1", "OrderPaid", {"order_id": "o1", "revenue": 199.9}, is_login_id=True)
client.flush()`,
  Snowplow: (address, key) => `import { newTracker, setUserId, trackPageView } from '@snowplow/browser-tracker';

newTracker('sp', '${address}', { appId: '${key}' });
setUserId('u1');
trackPageView();`,
  CloudEvents: (address, key) => `curl "${address}/v1/cloudevents?receipts=1" -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/cloudevents+json" -d '{"specversion": "1.0", "id": "17", "source": "/shop/orders",
  "type": "order.paid", "subject": "u1", "data": {"order_id": "o1", "total": 199.9, "currency": "CNY"}}'`,
  REST: (address, key) => `curl ${address}/v1/events -u ${key}: -d '{
  "event": "Order Completed", "message_id": "o-1001-paid", "identifiers": {"user_id": "u1"},
  "amount": "199.90", "currency": "CNY", "order_id": "o-1001", "properties": {"store": "S12"}}'`,
} satisfies Record<string, Snippet>;

export type Wire = keyof typeof WIRES;
