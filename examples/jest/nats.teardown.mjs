export default () => globalThis.sandbox.stop();
