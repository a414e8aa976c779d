// What servers and jobs say goes to somebody's terminal: without this, a job's name could move its cursor or set its title.

/** Control characters, but for tab and line feed, as U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t\n]/gu, '\ufffd')
}

/** As `printable`, and in one line: a name with a line feed could pass for a message of this command. */
export function oneLine(text: string): string {
  return printable(text).replaceAll(/[\t\n]/g, ' ')
}
