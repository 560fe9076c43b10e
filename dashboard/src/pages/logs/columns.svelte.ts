/** Which columns the log shows: the reader's choice, kept in this browser. */

const STORED = 'openclaw.log-columns';
export const COLUMNS = [
  { id: 'time', label: 'Time', width: '118px' },
  { id: 'status', label: 'Status', width: 'minmax(60px, 0.9fr)' },
  { id: 'model', label: 'Model', width: 'minmax(130px, 1.8fr)' },
  { id: 'key', label: 'Key', width: 'minmax(64px, 0.8fr)' },
  { id: 'tokens', label: 'Tokens', width: '52px', end: true },
  { id: 'cost', label: 'Cost', width: '84px', end: true },
  { id: 'first', label: 'First token', width: '70px', end: true },
  { id: 'duration', label: 'Duration', width: '62px', end: true },
  { id: 'badges', label: 'How', width: 'minmax(70px, 1fr)' },
] as const;
export type ColumnId = (typeof COLUMNS)[number]['id'];

function read(): ColumnId[] {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? 'null') as unknown;
    if (Array.isArray(stored)) return COLUMNS.map(({ id }) => id).filter((id) => stored.includes(id));
  } catch {
    // What others wrote there does not matter.
  }
  return COLUMNS.map(({ id }) => id);
}

class Columns {
  shown = $state<ColumnId[]>(read());
  set(ids: ColumnId[]): void {
    this.shown = COLUMNS.map(({ id }) => id).filter((id) => ids.includes(id));
    localStorage.setItem(STORED, JSON.stringify(this.shown));
  }
}
export const columns = new Columns();
