// Free TCP ports. They are claimed as those of the networks are, which run beside these tests.
export { freePorts } from '../../e2e/lib/ports.mjs';
