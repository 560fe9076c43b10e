import { expect, test } from 'vitest';
import { fields, filled, initial, jsonFault, lineOf } from './schema-form.ts';

const schema = {
  type: 'object',
  properties: {
    note: { type: 'string' },
    count: { type: 'integer', default: 3 },
    unit: { enum: ['c', 'f', 7] },
    deep: { type: 'object' },
    loud: { type: 'boolean' },
    place: { type: 'string', description: 'A place' },
  },
  required: ['place'],
};

test('each property gets the control that fits, the required ones first', () => {
  const all = fields(schema);
  expect(all.map(({ name, control }) => [name, control])).toEqual([['place', 'text'], ['note', 'text'], ['count', 'number'], ['unit', 'choice'], ['deep', 'json'], ['loud', 'boolean']]);
  expect(initial(all)).toEqual({ place: '', note: '', count: '3', unit: '', deep: '', loud: false });
});

test('a form says what its fields hold, and leaves out what is empty', () => {
  const all = fields(schema);
  const form = { ...initial(all), place: 'Berlin', unit: '7', deep: '{"a": [1]}', loud: true };
  expect(filled(all, form)).toEqual({ value: { place: 'Berlin', count: 3, unit: 7, deep: { a: [1] }, loud: true }, faults: {} });
});

test('what is wrong is named by its field', () => {
  const all = fields(schema);
  expect(filled(all, { place: '', count: '1.5', deep: '{' }).faults).toEqual({ place: 'is required', count: 'must be a whole number', deep: 'is not JSON' });
});

const text = `{
  "id": "x",
  "commands": {
    "a, \\"b": {},
    "find": {
      "execute": {
        "steps": [
          {"id": "one"},
          {
            "url": "https://{{ x }}"
          }
        ]
      }
    }
  }
}`;

test('a fault is found at its line', () => {
  expect(lineOf(text, 'id')).toBe(2);
  expect(lineOf(text, 'commands.find')).toBe(5);
  expect(lineOf(text, 'commands.find.execute.steps[0]')).toBe(8);
  expect(lineOf(text, 'commands.find.execute.steps[1].url')).toBe(10);
});

test('what is missing is at what should hold it', () => {
  expect(lineOf(text, 'commands.find.execute.steps[1].method')).toBe(9);
  expect(lineOf(text, 'name')).toBe(1);
});

test('text that is no JSON says where', () => {
  expect(jsonFault('{}')).toBeNull();
  expect(jsonFault('{\n"a": }')?.line).toBe(2);
});
