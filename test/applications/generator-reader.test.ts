import t from 'tap'
import { createArtifact } from '../../src/applications/artifact-forms.ts'
import type { Injected, ItemReader } from '../../src/batch/artifacts.ts'
import { injectedWith } from './support.ts'

const readerOf = (generate: (injected: Injected) => unknown, injected = injectedWith()) =>
  createArtifact(generate, injected, 'Artifact a') as Required<ItemReader<unknown, unknown>>

async function rest(reader: ItemReader): Promise<unknown[]> {
  const items = []
  for (let item = await reader.readItem(); item !== null; item = await reader.readItem()) items.push(item)
  return items
}

function* letters(injected: Injected) {
  yield* injected.properties['letters'] ?? 'abcde'
}

async function* lettersLater(injected: Injected) {
  yield* letters(injected)
}

t.test('a generator delivers its items and counts them as its checkpoint', async t => {
  for (const generate of [letters, lettersLater]) {
    const reader = readerOf(generate, injectedWith({ properties: { letters: 'xyz' } }))
    await reader.open(null)
    t.equal(await reader.readItem(), 'x')
    t.equal(await reader.checkpointInfo(), 1)
    t.same(await rest(reader), ['y', 'z'])
    t.equal(await reader.checkpointInfo(), 3)
    t.equal(await reader.readItem(), null)
  }
})

t.test('opened at a checkpoint it goes on with the next item, also twice', async t => {
  for (const generate of [letters, lettersLater]) {
    const reader = readerOf(generate)
    await reader.open(2)
    t.same(await rest(reader), ['c', 'd', 'e'])
    await reader.open(4)
    t.equal(await reader.checkpointInfo(), 4)
    t.same(await rest(reader), ['e'])
    await reader.open(5)
    t.same(await rest(reader), [])
  }
})

t.test('an item that is falsy is an item', async t => {
  const reader = readerOf(function* () {
    yield* [0, '', false]
  })
  await reader.open(null)
  t.same(await rest(reader), [0, '', false])
})

t.test('closing runs the generator to its finally, whether it was begun or not', async t => {
  let closed = 0
  const reader = readerOf(async function* () {
    try {
      yield 1
      yield 2
    } finally {
      closed++
    }
  })
  await reader.open(null)
  await reader.close()
  t.equal(closed, 0)
  await reader.open(null)
  await reader.readItem()
  await reader.close()
  await reader.close()
  t.equal(closed, 1)
  await reader.open(1)
  await reader.open(1)
  t.equal(closed, 2, 'opened again after a rollback, the old one is closed')
})

t.test('a source that has become shorter than the checkpoint is an error', async t => {
  await t.rejects(
    async () => readerOf(letters).open(6),
    /6 items were read before, but the generator letters ends after 5/
  )
})

t.test('a checkpoint of another reader is an error', async t => {
  for (const checkpoint of [-1, 1.5, '3', { position: 3 }, NaN])
    await t.rejects(
      async () => readerOf(letters).open(checkpoint),
      /checkpoint of a generator is its number of items/
    )
})

t.test('after an error it refuses to go on instead of ending the step early', async t => {
  for (const generate of [
    function* broken() {
      yield 1
      throw new RangeError('bad line')
    },
    async function* broken() {
      yield 1
      throw new RangeError('bad line')
    }
  ]) {
    const reader = readerOf(generate)
    await reader.open(null)
    await reader.readItem()
    await t.rejects(async () => reader.readItem(), { name: 'RangeError', message: 'bad line' })
    await t.rejects(async () => reader.readItem(), /broken ended with an error and cannot be read on/)
    await t.rejects(async () => reader.readItem(), { cause: { message: 'bad line' } })
    await reader.open(1)
    await t.rejects(async () => reader.readItem(), { message: 'bad line' })
  }
})

t.test('a generator that yields null is told so', async t => {
  const reader = readerOf(function* hollow() {
    yield null
  })
  await reader.open(null)
  t.throws(() => reader.readItem(), /hollow yielded null, which would end the step/)
})
