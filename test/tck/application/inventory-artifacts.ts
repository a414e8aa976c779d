// One item's stock is sold piece by piece into orders: shows which of it a rollback takes back.
import { type SqlEnvironment, wholeNumber } from './sql.ts'

interface InventoryRecord {
  readonly itemID: number
  readonly quantity: number
}

const STOCK = 'select quantity from inventory where item_id = 1'

function inventoryInitReader({ sql }: SqlEnvironment) {
  let read = 0
  return {
    async readItem(): Promise<InventoryRecord | null> {
      if (read > 0) return null
      const [row] = await sql.inChunk(STOCK)
      read++
      return { itemID: 1, quantity: row!['quantity']! }
    },
    checkpointInfo: () => ({ inventoryCount: read })
  }
}

function inventoryInitWriter({ sql }: SqlEnvironment) {
  return {
    async writeItems(items: readonly InventoryRecord[]) {
      const { itemID, quantity } = items.at(-1)!
      await sql.inChunk('delete from orders')
      await sql.inChunk('update inventory set quantity = $1 where item_id = $2', [quantity, itemID])
    }
  }
}

function inventoryReader({ sql, step }: SqlEnvironment) {
  let sold = 0
  // One object for all checkpoints: the runtime must have copied it.
  const checkpoint = { inventoryCount: 0 }
  return {
    open(from: { readonly inventoryCount: number } | null) {
      if (from === null) return
      sold = from.inventoryCount
      step.transientUserData = sold
    },
    async readItem(): Promise<InventoryRecord | null> {
      const [row] = await sql.inChunk(STOCK)
      const left = row!['quantity']!
      if (left < 1) return null
      await sql.inChunk('update inventory set quantity = $1 where item_id = 1', [left - 1])
      checkpoint.inventoryCount = ++sold
      return { itemID: 1, quantity: 1 }
    },
    checkpointInfo: () => checkpoint
  }
}

function inventoryWriter({ sql, prop, sleep }: SqlEnvironment) {
  let written = 0
  let failFrom = 0
  let delay = 0
  return {
    open() {
      failFrom = wholeNumber(prop('forced.fail.count'))
      delay = wholeNumber(prop('dummy.delay.seconds'))
    },
    async writeItems(items: readonly InventoryRecord[]) {
      for (const { itemID, quantity } of items) {
        await sql.inChunk('insert into orders (item_id, quantity) values ($1, $2)', [itemID, quantity])
        written++
        if (failFrom === 0 || written < failFrom) continue
        if (delay === 0) throw new Error('this writer was told to fail')
        await sleep(delay)
        failFrom = 0
        delay = 0
      }
    }
  }
}

/** Looks from outside of the chunk, after it was committed or rolled back. */
function inventoryStepListener({ sql, step, job }: SqlEnvironment) {
  return {
    async afterStep() {
      const [stock] = await sql.alone(STOCK)
      const [orders] = await sql.alone('select count(*)::int as placed from orders')
      job.exitStatus = `Inventory=${stock!['quantity']} InitialCheckpoint=${String(step.transientUserData)} OrderCount=${orders!['placed']}`
    }
  }
}

export const INVENTORY_ARTIFACTS = {
  inventoryInitReader,
  inventoryInitWriter,
  inventoryReader,
  inventoryWriter,
  inventoryStepListener
}
