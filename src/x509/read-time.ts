/**
 * The two kinds of time in certificates (RFC 5280 section 4.1.2.5), as milliseconds since 1970, and back as text.
 *
 * @module
 */
import { type Der, derContents, malformedDer } from '../der.js';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const DAY = 86_400_000;

/**
 * UTCTime `YYMMDDHHMMSSZ`, which ends in 2049, or GeneralizedTime `YYYYMMDDHHMMSSZ`.
 *
 * @throws IpsecError `malformed`.
 */
export function readTime(element: Der): number {
  const text = Array.from(derContents(element), (octet) => String.fromCharCode(octet)).join('');
  const isShort = element.tag === UTC_TIME;
  if (!isShort && element.tag !== GENERALIZED_TIME) throw malformedDer(element, 'a UTCTime or a GeneralizedTime', 'something else');
  if (!(isShort ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text))
    throw malformedDer(element, isShort ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ', `${text.length} other characters`);
  const at = (i: number): number => Number(text.slice(text.length - 11 + 2 * i, text.length - 9 + 2 * i));
  const [month, day, hour, minute, second] = [at(0), at(1), at(2), at(3), at(4)];
  const year = isShort ? Number(text.slice(0, 2)) + (Number(text.slice(0, 2)) >= 50 ? 1900 : 2000) : Number(text.slice(0, 4));
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 59)
    throw malformedDer(element, 'a day and a time that exist', text);
  return (((daysBefore(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : lengths[month - 1]!;
}

/** Days from the first of January 1970 to a day. */
function daysBefore(year: number, month: number, day: number): number {
  const y = year - 1;
  let days = y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) - 719_162;
  for (let m = 1; m < month; m++) days += daysOf(year, m);
  return days + day - 1;
}

/** Milliseconds since 1970 as `2031-02-28T23:59:59Z`. */
export function formatTime(at: number): string {
  const days = Math.floor(at / DAY);
  // The year that has the day: a guess from the mean length, put right by one.
  let year = 1970 + Math.floor(days / 365.2425);
  if (daysBefore(year, 1, 1) > days) year--;
  if (daysBefore(year + 1, 1, 1) <= days) year++;
  let month = 12;
  while (daysBefore(year, month, 1) > days) month--;
  const seconds = Math.floor((at - days * DAY) / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(days - daysBefore(year, month, 1) + 1)}`;
  return `${date}T${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}Z`;
}
