// The guarded commit of chunks on a thread's own connection (ENGINE E9): what the writer wrote, the unit's sequence number
// and the checkpoint stand together or not at all.
import type pg from 'pg'
import { METRICS, type Metrics } from '../batch/metrics.ts'
import { type ChunkSession, openChunkSession, type SessionName, settleDoubt } from './chunk-session.ts'
import { CHUNK_COMMIT, SEQUENCE_ONLY } from './chunk-commit.ts'
import { copyOffered, type CopyRows } from './copy-rows.ts'
import type { SessionOptions } from './database.ts'
import { refuseTransactionControl, runOffered } from './offered-connection.ts'
import { isAway, retrying } from './retry.ts'
import { toBytes } from './structured.ts'

/** The unit is not ours any more: no user code runs after this. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

export interface ChunkTarget {
  readonly stepExecutionId: number
  /** `null` = the step's own row. */
  readonly partitionNumber: number | null
}

export interface CheckpointValues {
  readonly readerCheckpoint: unknown
  readonly writerCheckpoint: unknown
  readonly persistentUserData: unknown
  readonly chunkNumber: number
  readonly metrics: Metrics
  /** What the partition's collector gave for an analyzer on another server, as structured.ts writes it; absent = it was not asked. */
  readonly collected?: { readonly data: Uint8Array | null }
}

export interface ChunkTransactionsOptions {
  readonly session: SessionOptions
  readonly claim: { readonly unitId: number; readonly epoch: number }
  /** The unit's sequence number as last known; kept up to date in here. */
  readonly seq: number
  readonly target: ChunkTarget
}

/** One object for the step's or partition's whole run in a thread. */
export class RepositoryChunkTransactions {
  readonly #options: ChunkTransactionsOptions
  #session: ChunkSession | null = null
  /** The lost session before it. */
  #replaced: SessionName | null = null
  #seq: number
  #state: 'none' | 'open' | 'begun' = 'none'
  #deadline = Infinity
  #savepoint = false
  #lost = false

  constructor(options: ChunkTransactionsOptions) {
    this.#options = options
    this.#seq = options.seq
  }

  readonly connection = {
    query: async <Row = Record<string, unknown>>(sql: string, values: readonly unknown[] = []) => {
      this.#mustBeInChunk()
      refuseTransactionControl(sql)
      return await this.#on(await this.#begun(), client => runOffered<Row>(client, sql, values))
    },
    copy: async (table: string, columns: readonly string[], rows: CopyRows) => {
      this.#mustBeInChunk()
      return await this.#on(await this.#begun(), client => copyOffered(client, table, columns, rows))
    }
  }

  #mustBeInChunk(): void {
    if (this.#state === 'none')
      throw new Error('the chunk connection can be used inside a chunk only (and in open and close)')
  }

  /** The connection went since `begin`: what was done in the chunk is lost, and it must be done again (ENGINE E9). */
  get lost(): boolean {
    return this.#lost
  }

  /** Runs a statement; one that fails because PostgreSQL went marks the chunk as lost. */
  async #on<T>(session: ChunkSession, work: (client: pg.Client) => Promise<T>): Promise<T> {
    try {
      return await work(session.client)
    } catch (error) {
      if (session.lost() !== null || isAway(error)) this.#lost = true
      throw error
    }
  }

  get seq(): number {
    return this.#seq
  }

  begin(timeoutSeconds: number): Promise<void> {
    this.#state = 'open'
    this.#savepoint = false
    this.#lost = false
    this.#deadline = timeoutSeconds > 0 ? performance.now() + timeoutSeconds * 1000 : Infinity
    return Promise.resolve()
  }

  /** `begin` is sent with the first statement: a chunk that needs no database work is one round trip. */
  async #begun(): Promise<ChunkSession> {
    const session = await this.#connected()
    if (this.#state === 'open') {
      const left = Math.max(1, Math.round(this.#deadline - performance.now()))
      await this.#on(session, client =>
        client.query(
          Number.isFinite(this.#deadline) ? `begin; set local statement_timeout = ${left}` : 'begin'
        )
      )
      this.#state = 'begun'
      if (this.#savepoint) await this.#on(session, client => client.query('savepoint batchyard_call'))
    }
    return session
  }

  async #connected(): Promise<ChunkSession> {
    if (this.#session !== null && (this.#session.lost() !== null || this.#lost)) {
      void this.#session.close().catch(() => {})
      this.#replaced = this.#session
      this.#session = null
    }
    // A PostgreSQL that is away is waited for: the renewal decides whether this server lives on meanwhile (E6).
    this.#session ??= await retrying({ awayMs: Infinity }, () =>
      openChunkSession(this.#options.session, this.#replaced)
    )
    this.#replaced = null
    return this.#session
  }

  async savepoint(): Promise<void> {
    this.#savepoint = true
    if (this.#state === 'begun')
      await this.#on(this.#session!, client => client.query('savepoint batchyard_call'))
  }

  async rollbackToSavepoint(): Promise<void> {
    if (this.#state === 'begun')
      await this.#on(this.#session!, client =>
        client.query('rollback to savepoint batchyard_call; release savepoint batchyard_call')
      )
    this.#savepoint = false
  }

  async releaseSavepoint(): Promise<void> {
    if (this.#state === 'begun' && this.#savepoint)
      await this.#on(this.#session!, client => client.query('release savepoint batchyard_call'))
    this.#savepoint = false
  }

  async commit(checkpoint: CheckpointValues | null): Promise<'committed' | 'stopping'> {
    const used = this.#state === 'begun'
    if (checkpoint === null && !used) {
      this.#state = 'none'
      return 'committed'
    }
    // Job code may have swallowed the error: what it wrote went with its connection, so its checkpoint must not stand.
    if (used && (this.#lost || this.#session!.lost() !== null)) {
      this.#lost = true
      this.#state = 'none'
      throw new Error('the connection to PostgreSQL went during the chunk')
    }
    const session = await this.#connected()
    let status: string | undefined
    try {
      status = await this.#guard(session, checkpoint)
      if (status === undefined) {
        if (used) await session.client.query('rollback')
        throw new ClaimLost('the claim of this unit is not ours any more')
      }
      if (used) await session.client.query('commit')
    } catch (error) {
      this.#state = 'none'
      if (error instanceof ClaimLost) throw error
      if (session.lost() === null && !isAway(error)) {
        if (used) await session.client.query('rollback').catch(() => {})
        throw error
      }
      status = await this.#settle(session, error)
    }
    this.#state = 'none'
    this.#seq += 1
    return status === 'STOPPING' ? 'stopping' : 'committed'
  }

  async #guard(session: ChunkSession, checkpoint: CheckpointValues | null): Promise<string | undefined> {
    const { claim, target } = this.#options
    const mine = [claim.unitId, claim.epoch, this.#seq]
    if (checkpoint === null) {
      const { rows } = await session.client.query<{ status: string }>(SEQUENCE_ONLY, mine)
      return rows[0]?.status
    }
    const { collected } = checkpoint
    const form =
      collected !== undefined ? 'collecting' : target.partitionNumber === null ? 'step' : 'partition'
    const { rows } = await session.client.query<{ status: string }>({
      name: `batchyard_chunk_commit${form === 'collecting' ? '_collecting' : ''}`,
      text: CHUNK_COMMIT[form],
      values: [
        ...mine,
        target.stepExecutionId,
        target.partitionNumber,
        toBytes(checkpoint.readerCheckpoint),
        toBytes(checkpoint.writerCheckpoint),
        toBytes(checkpoint.persistentUserData),
        checkpoint.chunkNumber,
        ...METRICS.map(name => checkpoint.metrics[name]),
        ...(collected === undefined ? [] : [collected.data])
      ]
    })
    return rows[0]?.status
  }

  /** The connection went while the commit was under way: whether it stands is read from the repository, never guessed. */
  async #settle(session: ChunkSession, error: unknown): Promise<string> {
    this.#session = null
    void session.close().catch(() => {})
    const position = await settleDoubt(this.#options.session, session, this.#options.claim)
    if (position === null)
      throw new ClaimLost('the claim of this unit is not ours any more', { cause: error })
    if (position.seq > this.#seq) return position.status
    this.#lost = true
    throw new Error('the connection to PostgreSQL went before the chunk was committed', { cause: error })
  }

  async rollback(): Promise<void> {
    const begun = this.#state === 'begun'
    this.#state = 'none'
    this.#savepoint = false
    if (!begun || this.#session === null) return
    // A connection that is gone has rolled back by going.
    await this.#session.client.query('rollback').catch(() => {
      this.#session = null
    })
  }

  async release(): Promise<void> {
    const session = this.#session
    this.#session = null
    this.#state = 'none'
    await session?.close().catch(() => {})
  }
}
