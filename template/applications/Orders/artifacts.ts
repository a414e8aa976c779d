// What batch-jobs/orders.xml names in ref="…". An export may be a class, an object or a function; each gets what is injected.
import type { Injected, ItemReader, ItemWriter } from 'batchyard'

interface Order {
  readonly number: number
  readonly cents: number
}

interface PricedOrder extends Order {
  readonly vat: number
}

/** Stands for a file or a queue. The checkpoint is where it goes on after a restart. */
export class OrderReader implements ItemReader<Order, number> {
  readonly #orders: number
  #last = 0

  constructor({ properties }: Injected) {
    this.#orders = Number(properties['orders'])
  }

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  readItem(): Order | null {
    if (this.#last >= this.#orders) return null
    this.#last++
    return { number: this.#last, cents: (this.#last * 7919) % 10_000 }
  }

  checkpointInfo(): number {
    return this.#last
  }
}

/** `null` leaves an item out. */
export function withVat(order: Order): PricedOrder | null {
  return order.cents === 0 ? null : { ...order, vat: Math.round(order.cents * 0.2) }
}

/** What is written through `connection` is committed together with the checkpoint: once, whatever is killed. */
export class OrderWriter implements ItemWriter<PricedOrder> {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async open(): Promise<void> {
    await this.#injected.connection.query(
      'create table if not exists public.priced_order (instance_id bigint, number integer, cents integer, vat integer)'
    )
  }

  async writeItems(orders: PricedOrder[]): Promise<void> {
    const { connection, jobContext, log } = this.#injected
    await connection.query(
      'insert into public.priced_order select $1, * from unnest($2::integer[], $3::integer[], $4::integer[])',
      [
        jobContext.instanceId,
        orders.map(order => order.number),
        orders.map(order => order.cents),
        orders.map(order => order.vat)
      ]
    )
    log.info(`wrote orders up to ${orders.at(-1)?.number}`)
  }
}

/** A batchlet; what it returns is the exit status of its step. */
export function report({ log, jobParameters }: Injected): string {
  log.info(`orders asked for: ${jobParameters['orders'] ?? 'the default'}`)
  return 'REPORTED'
}
