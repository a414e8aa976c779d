// Statements of the transaction cases' artifacts: in their chunk's transaction, or from outside of it.
import pg from 'pg'
import type { Injected } from '../../../src/batch/artifacts.ts'

export interface Sql {
  /** One statement in the chunk's transaction; tables by their bare names. */
  inChunk(statement: string, values?: readonly unknown[]): Promise<Row[]>
  /** One statement outside of any chunk, on a connection of its own. */
  alone(statement: string): Promise<Row[]>
}

type Row = Readonly<Record<string, number>>

export interface SqlEnvironment {
  prop(name: string): string | null
  readonly job: Injected['jobContext']
  readonly step: Injected['stepContext']
  readonly sql: Sql
  sleep(milliseconds: number): Promise<void>
}

export function sqlOf(injected: Injected, databaseUrl: string, schema: string): Sql {
  // The chunk's connection is the repository's own: its search path does not know the schema of a case.
  const qualified = (statement: string) =>
    statement.replaceAll(/\b(inventory|orders|numbers)\b/g, `"${schema}".$1`)
  return {
    inChunk: async (statement, values = []) =>
      (await injected.connection.query<Row>(qualified(statement), values)).rows,
    async alone(statement) {
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      try {
        return (await client.query<Row>(qualified(statement))).rows
      } finally {
        await client.end()
      }
    }
  }
}

/** A whole number in decimal digits, as a property must have it. */
export function wholeNumber(text: string | null): number {
  if (text === null || !/^[+-]?\d+$/.test(text)) throw new Error(`${text} is no whole number`)
  return Number(text)
}
