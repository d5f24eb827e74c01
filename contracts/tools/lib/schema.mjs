// JSON Schema, as far as our schemas go: enough to say in words what is wrong with a document, and where.

const OF_SCHEMA = new Set(['$schema', '$id', '$defs', 'title', 'description']);

/** What JSON calls the type of a value. */
function typeOf(value) {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	if (Number.isInteger(value)) return 'integer';
	return typeof value;
}

const shown = (value) => {
	const text = JSON.stringify(value) ?? 'nothing';
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** Each keyword: what is wrong with a value, as a list of `{ path, text }`. */
const KEYWORDS = {
	type: (wanted, value, path) => {
		const types = [wanted].flat();
		const type = typeOf(value);
		if (types.includes(type) || (type === 'integer' && types.includes('number'))) return [];
		return [{ path, text: `is ${shown(value)}, and has to be: ${types.join(' or ')}` }];
	},
	const: (wanted, value, path) =>
		value === wanted ? [] : [{ path, text: `is ${shown(value)}, and has to be ${shown(wanted)}` }],
	enum: (wanted, value, path) =>
		wanted.includes(value) ? [] : [{ path, text: `is ${shown(value)}, and has to be one of ${wanted.join(', ')}` }],
	minimum: (least, value, path) =>
		typeof value !== 'number' || value >= least ? [] : [{ path, text: `is ${value}, and has to be ${least} or more` }],
	maximum: (most, value, path) =>
		typeof value !== 'number' || value <= most ? [] : [{ path, text: `is ${value}, and has to be ${most} or less` }],
	minLength: (least, value, path) =>
		typeof value !== 'string' || value.length >= least ? [] : [{ path, text: 'is empty' }],
	pattern: (pattern, value, path, { description }) =>
		typeof value !== 'string' || new RegExp(pattern, 'u').test(value)
			? []
			: [{ path, text: `is ${shown(value)}, and has to be: ${description ?? pattern}` }],
	maxItems: (most, value, path) =>
		!Array.isArray(value) || value.length <= most
			? []
			: [{ path, text: `has ${value.length} items, and at most ${most} are allowed` }],
	items: (schema, value, path, _, root) =>
		Array.isArray(value) ? value.flatMap((item, index) => check(schema, item, `${path}[${index}]`, root)) : [],
	required: (names, value, path) =>
		typeOf(value) !== 'object'
			? []
			: names.filter((name) => !(name in value)).map((name) => ({ path, text: `has no '${name}'` })),
	additionalProperties: (_, value, path, { properties = {} }) =>
		typeOf(value) !== 'object'
			? []
			: Object.keys(value)
					.filter((name) => !Object.hasOwn(properties, name))
					.map((name) => ({
						path,
						text: `has '${name}', which is none of: ${Object.keys(properties).join(', ')}`,
					})),
	properties: (schemas, value, path, _, root) =>
		typeOf(value) !== 'object'
			? []
			: Object.keys(schemas)
					.filter((name) => Object.hasOwn(value, name))
					.flatMap((name) => check(schemas[name], value[name], path ? `${path}.${name}` : name, root)),
	oneOf: (schemas, value, path, _, root) => {
		// Ours are told apart by the constant `kind`: so only what is wrong with that one is said.
		const kinds = schemas.map(({ properties }) => properties.kind.const);
		const index = kinds.indexOf(value?.kind);
		if (index >= 0) return check(schemas[index], value, path, root);
		return [{ path: `${path}.kind`, text: `is ${shown(value?.kind ?? null)}, and has to be one of ${kinds.join(', ')}` }];
	},
	$ref: (pointer, value, path, _, root) => {
		const parts = pointer.replace('#/', '').split('/');
		return check(parts.reduce((at, part) => at[part], root), value, path, root);
	},
};

/** What is wrong with `value`, as a list of `{ path, text }`. */
export function check(schema, value, path = '', root = schema) {
	const found = [];
	for (const [keyword, wanted] of Object.entries(schema)) {
		if (OF_SCHEMA.has(keyword)) continue;
		const rule = KEYWORDS[keyword];
		if (!rule) throw new Error(`the schema has the keyword '${keyword}', which is not known here`);
		found.push(...rule(wanted, value, path, schema, root));
		// With another type nothing else makes sense.
		if (keyword === 'type' && found.length > 0) return found;
	}
	return found;
}
