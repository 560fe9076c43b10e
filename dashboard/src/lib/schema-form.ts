/** Forms from JSON Schemas: which control a value has, what a text means, and where a fault stands in a document. */

import type { Schema } from './types.ts';

export type Control = 'text' | 'long' | 'number' | 'boolean' | 'choice' | 'json';

export interface FormField {
  name: string;
  label: string;
  hint: string;
  required: boolean;
  control: Control;
  integer: boolean;
  choices: unknown[];
  schema: Schema;
}

/** One field for each property, the required ones first. What no control fits is JSON. */
export function fields(schema: Schema | undefined): FormField[] {
  const required = new Set(schema?.required ?? []);
  const all = Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    label: property.title ?? name,
    hint: property.description ?? '',
    required: required.has(name),
    control: control(property),
    integer: property.type === 'integer',
    choices: property.enum ?? [],
    schema: property,
  }));
  return [...all.filter((field) => field.required), ...all.filter((field) => !field.required)];
}

function control(schema: Schema): Control {
  if (schema.enum) return 'choice';
  if (schema.type === 'string') return (schema.maxLength ?? 0) > 300 || schema.format === 'multiline' ? 'long' : 'text';
  if (schema.type === 'number' || schema.type === 'integer') return 'number';
  if (schema.type === 'boolean') return 'boolean';
  return 'json';
}

/** What a form begins with. */
export function initial(all: FormField[]): Record<string, string | boolean> {
  return Object.fromEntries(
    all.map(({ name, control, schema }) => {
      const value = schema.default;
      if (control === 'boolean') return [name, value === true];
      if (value === undefined) return [name, ''];
      return [name, control === 'json' || control === 'choice' ? JSON.stringify(value) : String(value)];
    }),
  );
}

export interface Filled {
  value: Record<string, unknown>;
  /** By field. */
  faults: Record<string, string>;
}

/** The parameters that a form says. An empty field that is not required is left out. */
export function filled(all: FormField[], form: Record<string, string | boolean>): Filled {
  const value: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const { name, control, required, integer } of all) {
    const given = form[name];
    if (control === 'boolean') {
      if (given === true || required) value[name] = given === true;
      continue;
    }
    const text = String(given ?? '');
    if (text === '') {
      if (required) faults[name] = 'is required';
      continue;
    }
    if (control === 'number') {
      const number = Number(text);
      if (Number.isNaN(number) || (integer && !Number.isInteger(number))) faults[name] = integer ? 'must be a whole number' : 'must be a number';
      else value[name] = number;
    } else if (control === 'json' || control === 'choice') {
      try {
        value[name] = JSON.parse(text);
      } catch {
        faults[name] = 'is not JSON';
      }
    } else value[name] = text;
  }
  return { value, faults };
}

/** The line (from 1) on which the value at a path such as `commands.find.steps[0].url` stands in a JSON text. */
export function lineOf(text: string, path: string): number | null {
  const parts = path.split(/[.[\]]+/).filter(Boolean);
  let at = 0;
  let found = 0;
  for (const part of parts) {
    const next = /^\d+$/.test(part) ? itemAt(text, at, Number(part)) : memberAt(text, at, part);
    // What is missing stands where it would be: in what holds it.
    if (next === null) break;
    at = next;
    found = next;
  }
  return text.slice(0, found).split('\n').length;
}

/** Walks over the members of the container that begins at or after `from`; gives where each one's value begins. */
function* members(text: string, from: number): Generator<{ key: string | null; at: number }> {
  let at = from;
  while (at < text.length && text[at] !== '{' && text[at] !== '[') at += 1;
  const isObject = text[at] === '{';
  at += 1;
  let depth = 0;
  let key: string | null = null;
  let fresh = true;
  for (; at < text.length; at += 1) {
    const sign = text[at] as string;
    if (/\s/.test(sign)) continue;
    if (depth === 0 && fresh && sign !== '}' && sign !== ']') {
      if (isObject && key === null && sign === '"') {
        const end = stringEnd(text, at);
        key = text.slice(at + 1, end);
        at = end;
        continue;
      }
      if (sign === ':') continue;
      yield { key, at };
      fresh = false;
    }
    if (sign === '"') at = stringEnd(text, at);
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') {
      if (depth === 0) return;
      depth -= 1;
    } else if (sign === ',' && depth === 0) {
      key = null;
      fresh = true;
    }
  }
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function memberAt(text: string, from: number, name: string): number | null {
  for (const { key, at } of members(text, from)) if (key === name) return at;
  return null;
}

function itemAt(text: string, from: number, index: number): number | null {
  let place = 0;
  for (const { at } of members(text, from)) {
    if (place === index) return at;
    place += 1;
  }
  return null;
}

/** What is wrong with a JSON text, and on which line, as far as the browser's complaint tells. */
export function jsonFault(text: string): { message: string; line: number | null } | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const { message } = error as Error;
    const at = faultAt(message, text);
    return { message, line: at === null ? null : text.slice(0, at).split('\n').length };
  }
}

/** Some complaints name the position, some quote what stands around it. */
function faultAt(message: string, text: string): number | null {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position) return Number(position);
  if (/end of JSON/.test(message)) return text.length;
  const [, token = '', context = ''] = /token '?([^]?)'?, (?:\.\.\.)?"([^]*)"(?:\.\.\.)? is not valid/.exec(message) ?? [];
  const start = context ? text.indexOf(context) : -1;
  return start === -1 ? null : start + Math.max(context.lastIndexOf(token), 0);
}
