// Sources of data feeds: HTTPS servers, good ones and bad ones. Their certificates are those of the tests of node/feeds.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

import { freePorts } from './ports.mjs';
import { HERE } from './tools.mjs';

const TESTDATA = join(HERE, '../../node/feeds/testdata');

/** The certificate authority of all sources. */
export const AUTHORITY = join(TESTDATA, 'ca.pem');

/** A server on this machine. What it answers, whether it is up, and who it says that it is can be changed. */
export class Source {
	/**
	 * A source that is up.
	 *
	 * @param {(request, response) => void} behaviour how it answers: one of those below
	 * @param {{ certificate?: string }} options `certificate`: `localhost`, or one that nobody should believe, `other` or
	 * `expired`
	 */
	static async start(behaviour, { certificate = 'localhost' } = {}) {
		const source = new Source();
		[source.port] = await freePorts(1);
		source.behaviour = behaviour;
		source.certificate = certificate;
		/** What was asked for, as paths. */
		source.asked = [];
		await source.up();
		return source;
	}

	/** The URL of a path on it. */
	url(path) {
		return `https://localhost:${this.port}${path}`;
	}

	/** Answers, on the same port. */
	async up() {
		const file = (extension) => readFileSync(join(TESTDATA, `${this.certificate}.${extension}`));
		this.server = createServer({ cert: file('pem'), key: file('key') }, (request, response) => {
			this.asked.push(request.url);
			// Who asks may hang up.
			response.on('error', () => {});
			this.behaviour(request, response);
		});
		await new Promise((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(this.port, '127.0.0.1', resolve);
		});
	}

	/** Takes no connections any more, and hangs up on those that there are. */
	async down() {
		const { server } = this;
		this.server = undefined;
		if (server === undefined) return;
		const closed = new Promise((resolve) => server.close(resolve));
		server.closeAllConnections();
		await closed;
	}
}

const send = (response, status, headers, body = '') => response.writeHead(status, headers).end(body);

/** Says this document: a text as it is, anything else as JSON. */
export function says(document) {
	const json = typeof document === 'string' ? document : JSON.stringify(document);
	return (_, response) => send(response, 200, { 'content-type': 'application/json' }, json);
}

/** Says this document to whoever has the key. */
export function saysWithKey(key, document) {
	return (request, response) => {
		const given = new URL(request.url, 'https://localhost').searchParams.get('key');
		if (given === key) says(document)(request, response);
		else send(response, 401, {});
	};
}

/** Says this document to whoever knows what time it is, within a minute. */
export function saysWithTime(document) {
	return (request, response) => {
		const given = Number(new URL(request.url, 'https://localhost').searchParams.get('time'));
		if (Math.abs(given - Date.now() / 1000) < 60) says(document)(request, response);
		else send(response, 400, {});
	};
}

/** Sends who asks for anything else to this path, and says the document there. */
export function movedTo(path, document) {
	return (request, response) => {
		if (request.url === path) says(document)(request, response);
		else send(response, 301, { location: path });
	};
}

/** Takes the request, and says nothing. */
export function silent() {}

/** Sends a page for people. */
export function page(_, response) {
	send(response, 200, { 'content-type': 'text/html' }, '<html><body>Please accept our cookies.</body></html>');
}

/** Sends without end. */
export function endless(_, response) {
	const digits = '1'.repeat(1 << 14);
	const more = () => {
		while (!response.destroyed && response.write(digits));
	};
	response.writeHead(200, { 'content-type': 'application/json' });
	response.write('{"price": ');
	response.on('drain', more);
	more();
}

/** Sends who asks back to where it is. */
export function loop(request, response) {
	send(response, 302, { location: request.url });
}

/** Sends who asks to where nothing is encrypted. */
export function unencrypted(_, response) {
	send(response, 302, { location: 'http://localhost/price' });
}
