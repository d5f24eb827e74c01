// Reads SCALE, the encoding of what runtime APIs return and blocks are made of: only the types that are needed
// here. What is not encoded as SCALE encodes it is refused.

export class Reader {
	constructor(hex) {
		this.bytes = Buffer.from(hex.replace(/^0x/, ''), 'hex');
		this.at = 0;
	}

	take(length) {
		if (this.at + length > this.bytes.length) {
			throw new Error(`SCALE: ${length} bytes wanted at ${this.at} of ${this.bytes.length}`);
		}
		this.at += length;
		return this.bytes.subarray(this.at - length, this.at);
	}

	/** An unsigned integer of so many bits, as a BigInt. */
	big(bits) {
		return this.take(bits / 8).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
	}

	u8 = () => this.take(1)[0];
	u16 = () => this.take(2).readUInt16LE();
	u32 = () => this.take(4).readUInt32LE();
	u64 = () => this.big(64);
	u128 = () => this.big(128);
	hex = (length) => this.take(length).toString('hex');

	/** An unsigned integer, as SCALE packs it, as a BigInt. It must be packed as tightly as it can be. */
	compactBig() {
		const first = this.u8();
		const mode = first & 3;
		if (mode === 0) return BigInt(first >> 2);
		if (mode === 3) {
			const bytes = (first >> 2) + 4;
			const value = this.big(8 * bytes);
			return tight(value, bytes === 4 ? 1n << 30n : 1n << BigInt(8 * (bytes - 1)));
		}
		this.at -= 1;
		return mode === 1 ? tight(this.big(16) >> 2n, 1n << 6n) : tight(this.big(32) >> 2n, 1n << 14n);
	}

	/** A length, as SCALE packs it. */
	compact() {
		const value = this.compactBig();
		if (value >= 1n << 30n) throw new Error(`SCALE: a length of ${value}`);
		return Number(value);
	}

	/** A reader of bytes that have their length before them. */
	nested() {
		return new Reader(this.hex(this.compact()));
	}

	/** All that has not been read, as hex. */
	rest() {
		return this.hex(this.bytes.length - this.at);
	}

	option(item) {
		return this.u8() === 0 ? null : item();
	}

	list(item) {
		return Array.from({ length: this.compact() }, item);
	}

	text() {
		return this.take(this.compact()).toString('utf8');
	}

	/** Call it last: everything must have been read. */
	end() {
		if (this.at !== this.bytes.length) {
			throw new Error(`SCALE: ${this.bytes.length - this.at} bytes too many`);
		}
	}
}

function tight(value, least) {
	if (value < least) throw new Error(`SCALE: ${value} is packed in too many bytes`);
	return value;
}

/** Little-endian bytes of an unsigned integer, as hex. */
export function encode(value, bits) {
	const bytes = Buffer.alloc(bits / 8);
	let rest = BigInt(value);
	for (let i = 0; i < bytes.length; i++) {
		bytes[i] = Number(rest & 0xffn);
		rest >>= 8n;
	}
	if (rest !== 0n) throw new Error(`${value} does not fit in ${bits} bits`);
	return bytes.toString('hex');
}
