// Sends N numbered events with one SDK and says what the application saw.
// Use: node drive.mjs SDK URL WRITE_KEY N [patience in ms]; prints one line of JSON: {"errors": [...]}.
import { createRequire } from 'node:module';

const [sdk, url, key, count, patience = '15000'] = process.argv.slice(2);
const total = Number(count);
const errors = [];
const require = createRequire(import.meta.url);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const numbers = () => Array.from({ length: total }, (_, n) => n);
const failed = (error) => errors.push(String(error?.message ?? error));

const drivers = {
  async segment() {
    const { Analytics } = await import('@segment/analytics-node');
    const client = new Analytics({ writeKey: key, host: url, flushInterval: 50, maxEventsInBatch: 20, maxRetries: 5 });
    client.on('error', failed);
    client.identify({ userId: 'u1', traits: { city: '上海' } });
    client.alias({ userId: 'u1', previousId: '7f0c1c1e-7c0b-4a53-9f0b-000000000001' });
    for (const n of numbers()) client.track({ userId: 'u1', event: 'Seen', properties: { n, emoji: '🎉' } });
    await client.closeAndFlush({ timeout: Number(patience) });
  },

  async rudder() {
    const RudderAnalytics = require('@rudderstack/rudder-sdk-node');
    const client = new RudderAnalytics(key, { dataPlaneUrl: url, flushAt: 20, flushInterval: 50, logLevel: 'error' });
    const told = (resolve) => (error) => { if (error) failed(error); resolve(); };
    const done = [new Promise((resolve) => client.identify({ userId: 'u1', traits: { city: '上海' } }, told(resolve)))];
    for (const n of numbers()) {
      const event = { userId: 'u1', event: 'Seen', properties: { n, emoji: '🎉' } };
      done.push(new Promise((resolve) => client.track(event, told(resolve))));
    }
    await client.flush();
    await Promise.race([Promise.all(done), pause(Number(patience))]);
  },

  async posthog() {
    const { PostHog } = await import('posthog-node');
    const client = new PostHog(key, {
      host: url, flushAt: 20, flushInterval: 50, fetchRetryCount: 4, fetchRetryDelay: 50, preloadFeatureFlags: false,
    });
    client.on('error', failed);
    client.identify({ distinctId: 'u1', properties: { city: '上海' } });
    client.alias({ distinctId: 'u1', alias: '7f0c1c1e-7c0b-4a53-9f0b-000000000001' });
    for (const n of numbers()) client.capture({ distinctId: 'u1', event: 'Seen', properties: { n, emoji: '🎉' } });
    await client.shutdown(Number(patience));
  },

  async sensors() {
    const SensorsAnalytics = require('sa-sdk-node');
    const client = new SensorsAnalytics();
    client.submitTo(
      { url: `${url}/sa?project=default&token=${key}`, gzip: true, mode: 'track', timeout: 10_000 },
      { count: 20, timeSpan: 50 },
    );
    const calls = [client.profileSet('u1', { city: '上海' }), client.trackSignup('u1', 'anonymous-1')];
    for (const n of numbers()) calls.push(client.track('u1', 'Seen', { n, emoji: '🎉' }));
    await Promise.all(calls.map((call) => Promise.resolve(call).catch(failed)));
    await pause(1_000);
  },

  async snowplow() {
    const { newTracker, buildPageView, buildSelfDescribingEvent } = require('@snowplow/node-tracker');
    let delivered = 0;
    const tracker = newTracker({ namespace: 'sp', appId: key }, {
      endpoint: url, eventMethod: 'post', bufferSize: 20,
      onRequestSuccess: (batch) => { delivered += batch.length; },
      onRequestFailure: (data) => failed(data?.message ?? data?.status ?? 'request failed'),
    });
    tracker.setUserId('u1');
    tracker.setDomainUserId('4f0c1c1e-7c0b-4a53-9f0b-000000000001');
    tracker.track(buildPageView({ pageUrl: 'https://shop.example/', pageTitle: '首页' }));
    for (const n of numbers()) {
      tracker.track(buildSelfDescribingEvent({
        event: { schema: 'iglu:com.acme/Seen/jsonschema/1-0-0', data: { n, emoji: '🎉' } },
      }));
    }
    // What failed is kept and sent with a later flush.
    for (let waited = 0; delivered < total + 1 && waited < Number(patience); waited += 250) {
      tracker.flush();
      await pause(250);
    }
  },

  async cloudevents() {
    const { CloudEvent, Mode, emitterFor, httpTransport } = await import('cloudevents');
    const sink = httpTransport(`${url}/v1/cloudevents?writeKey=${key}`);
    for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
      const emit = emitterFor(sink, { mode });
      for (const n of numbers().filter((n) => (n % 2 === 0) === (mode === Mode.BINARY))) {
        const data = { n, emoji: '🎉' };
        const event = new CloudEvent({ id: `e${n}`, type: 'Seen', source: '/shop', subject: 'u1', tenant: 't1', data });
        const answer = await emit(event);
        if (!String(answer.body).includes('"success":true')) failed(answer.body);
      }
    }
  },
};

process.on('unhandledRejection', failed);
await drivers[sdk]();
console.log(JSON.stringify({ errors }));
process.exit(0);
