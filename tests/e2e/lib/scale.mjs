// Reads SCALE, the encoding of what runtime APIs return: only the types that are needed here.

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

	/** A length, as SCALE packs it. */
	compact() {
		const first = this.u8();
		const mode = first & 3;
		if (mode === 0) return first >> 2;
		if (mode === 1) return ((this.u8() << 8) | first) >> 2;
		if (mode === 2) {
			this.at -= 1;
			return this.u32() >>> 2;
		}
		throw new Error('SCALE: a length above 2^30');
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
