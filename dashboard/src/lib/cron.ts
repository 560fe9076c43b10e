/** Five fields in words, as far as words are shorter than the fields. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const SHORT_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const isNumber = (text: string) => /^\d+$/.test(text);
const two = (text: string) => text.padStart(2, '0');

function dayName(text: string): string {
  const at = isNumber(text) ? Number(text) % 7 : SHORT_DAYS.indexOf(text.toUpperCase());
  return DAYS[at] ?? text;
}

function list(text: string, name: (one: string) => string): string {
  const parts = text.split(',').map((part) => part.split('-').map(name).join(' to '));
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? '');
}

/** `every day at 07:00 (Europe/Berlin)`; what has no short words stays as it is. */
export function cronWords(cron: string, zone = 'UTC'): string {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return `${cron} (${zone})`;
  const [minute, hour, date, month, weekday] = fields as [string, string, string, string, string];
  const steps = /^\*\/(\d+)$/;
  let time: string | null = null;
  if (isNumber(minute) && isNumber(hour)) time = `at ${two(hour)}:${two(minute)}`;
  else if (isNumber(minute) && /^[\d,]+$/.test(hour)) time = `at ${list(hour, (one) => `${two(one)}:${two(minute)}`)}`;
  else if (isNumber(minute) && hour === '*') time = minute === '0' ? 'every hour' : `at minute ${Number(minute)} of every hour`;
  else if (isNumber(minute) && steps.test(hour)) time = `every ${steps.exec(hour)?.[1]} hours${minute === '0' ? '' : ` at minute ${Number(minute)}`}`;
  else if (steps.test(minute) && hour === '*') time = `every ${steps.exec(minute)?.[1]} minutes`;
  else if (minute === '*' && hour === '*') time = 'every minute';
  const parts = (text: string) => /^[\w,-]+$/.test(text);
  let day: string | null = null;
  if (date === '*' && weekday === '*') day = '';
  else if (date === '*' && /^(1-5|MON-FRI)$/i.test(weekday)) day = 'on weekdays';
  else if (date === '*' && parts(weekday)) day = `on ${list(weekday, dayName)}`;
  else if (weekday === '*' && parts(date)) day = `on day ${list(date, (one) => one)} of the month`;
  const year = month === '*' ? '' : parts(month) ? ` in ${list(month, (one) => (isNumber(one) ? (MONTHS[Number(one) - 1] ?? one) : one))}` : null;
  if (time === null || day === null || year === null) return `${cron} (${zone})`;
  const daily = day === '' && time.startsWith('at ') && !time.includes('every hour') ? 'every day ' : '';
  return `${daily}${day && time.startsWith('at ') ? `${day} ${time}` : `${time}${day ? ` ${day}` : ''}`}${year} (${zone})`;
}
