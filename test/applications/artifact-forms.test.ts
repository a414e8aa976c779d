import { readFile } from 'node:fs/promises'
import { runInThisContext } from 'node:vm'
import t from 'tap'
import { ARTIFACT_METHODS, createArtifact } from '../../src/applications/artifact-forms.ts'
import type {
  Batchlet,
  CheckpointAlgorithm,
  Decider,
  ItemProcessor,
  ItemReader,
  ItemWriter,
  PartitionAnalyzer,
  PartitionCollector,
  PartitionMapper
} from '../../src/batch/artifacts.ts'
import { injectedWith } from './support.ts'

const injected = injectedWith({ properties: { greeting: 'hello' } })
const create = <T>(exported: unknown, given = injected) => createArtifact(exported, given, 'Artifact a') as T

t.test('a class is constructed with what is injected, once for each reference', async t => {
  class Greeter implements Batchlet {
    readonly #given: typeof injected
    constructor(given: typeof injected) {
      this.#given = given
    }
    process() {
      return this.#given.properties['greeting']
    }
  }
  class Derived extends Greeter {}
  t.equal(await create<Batchlet>(Greeter).process(), 'hello')
  t.equal(await create<Batchlet>(Derived).process(), 'hello')
  t.not(create(Greeter), create(Greeter))
})

t.test('a constructor function of an older compiler is a class', async t => {
  const { Base, Empty } = runInThisContext(`
    function Base(injected) { this.given = injected }
    Base.prototype.process = function () { return this.given.properties.greeting }
    function Empty() { return Base.apply(this, arguments) || this }
    Empty.prototype = Object.create(Base.prototype, { constructor: { value: Empty, writable: true } })
    ;({ Base, Empty })
  `) as { Base: unknown; Empty: unknown }
  t.equal(await create<Batchlet>(Base).process(), 'hello')
  t.equal(await create<Batchlet>(Empty).process(), 'hello')
})

t.test('what the constructor throws goes through unchanged', async t => {
  const thrown = new RangeError('no such table')
  class Broken {
    constructor() {
      throw thrown
    }
    process() {}
  }
  t.throws(() => create(Broken), thrown)
})

t.test('an object is fresh for each reference and finds what is injected in this and last', async t => {
  const counter = {
    count: 0,
    properties: { greeting: 'its own, for typing' },
    log() {
      return 'a method of its own'
    },
    readItem(given: unknown) {
      this.count++
      return [this.count, this.properties.greeting, this.log(), given === injected]
    },
    open(_checkpoint: unknown, given: unknown) {
      return [_checkpoint, given === injected] as never
    }
  }
  const [one, other] = [create<ItemReader>(counter), create<ItemReader>(counter)]
  t.same(one.readItem(), [1, 'hello', 'a method of its own', true])
  t.same(one.readItem(), [2, 'hello', 'a method of its own', true])
  t.same(other.readItem(), [1, 'hello', 'a method of its own', true])
  t.same(one.open?.(3), [3, true])
  t.equal(String((one.open as () => unknown)()), ',true', 'a missing argument stays missing')
  t.equal(counter.count, 0)
})

t.test('a frozen object works, with fields it changes', async t => {
  const frozen = Object.freeze({
    done: false,
    process(this: { done: boolean; stepContext: { stepName: string } }) {
      this.done = true
      return `${this.stepContext.stepName} ${this.done}`
    }
  })
  t.equal(await create<Batchlet>(frozen).process(), 'step1 true')
  t.equal(frozen.done, false)
})

t.test('a connection that exists at times only is not touched before it is used', async t => {
  const writer = {
    writeItems(this: { connection: unknown }) {
      return this.connection as never
    }
  }
  t.throws(() => create<ItemWriter>(writer).writeItems([]), /there is no chunk/)
})

t.test('an object has no method that was not exported', async t => {
  const listener = create<Record<string, unknown>>({ afterJob() {} })
  t.same(
    Object.keys(ARTIFACT_METHODS).filter(name => typeof listener[name] === 'function'),
    ['afterJob']
  )
})

t.test('a function is every interface of one method', async t => {
  const artifact = create<
    Batchlet &
      ItemProcessor &
      ItemReader &
      ItemWriter &
      Decider &
      PartitionMapper &
      PartitionCollector &
      PartitionAnalyzer &
      CheckpointAlgorithm
  >((...args: unknown[]) => args)
  for (const name of [
    'process',
    'readItem',
    'mapPartitions',
    'collectPartitionData',
    'isReadyToCheckpoint'
  ] as const)
    t.same(artifact[name](), [injected], name)
  t.same(artifact.processItem('item'), ['item', injected])
  t.same(artifact.writeItems(['item']), [['item'], injected])
  t.same(artifact.decide([]), [[], injected])
  t.same(artifact.analyzeCollectorData?.('data'), ['data', injected])
  const asynchronous = create<Batchlet>(async (given: typeof injected) => given.properties['greeting'])
  t.equal(await asynchronous.process(), 'hello')
})

t.test('a function is no listener and has no second method of an interface', async t => {
  const artifact = create<Record<string, unknown>>(function plain() {})
  for (const name of Object.keys(ARTIFACT_METHODS))
    if (/^(before|after|on[A-Z]|open|close|stop|checkpoint|begin|end|rollback|analyzeStatus)/.test(name))
      t.equal(artifact[name], undefined, name)
})

t.test('what can be no artifact is refused naming what it is', async t => {
  for (const [exported, says] of [
    [42, /Artifact a is of type number/],
    ['text', /type string/],
    [null, /is null/],
    [undefined, /type undefined/],
    [Symbol('s'), /type symbol/],
    [[], /no method of any artifact interface/],
    [{ proccess() {} }, /no method of any artifact interface/],
    [class Nothing {}, /no method of any artifact interface/],
    [Promise.resolve({ process() {} }), /no method of any artifact interface/]
  ] as const)
    t.throws(() => create(exported), says)
})

t.test('the table of methods is that of the interfaces', async t => {
  const files = ['artifacts.ts', 'listener-artifacts.ts']
  const sources = await Promise.all(
    files.map(file => readFile(new URL(`../../src/batch/${file}`, import.meta.url), 'utf8'))
  )
  const declared = [...sources.join('').matchAll(/^ {2}(\w+)\??\(([^)]*)\): Awaitable/gm)].map(
    ([, name, parameters]) => [name, parameters === '' ? 0 : parameters!.split(': ').length - 1]
  )
  t.same(Object.fromEntries(declared), ARTIFACT_METHODS)
})

t.test(
  'a function that answers a generator as its first item is refused, it would answer one without end',
  async t => {
    async function* numbers() {
      yield 1
    }
    const refused = {
      name: 'ReaderEndedError',
      message: /answered a generator .* export the generator function itself/
    }
    t.throws(() => create<ItemReader>(() => numbers()).readItem(), refused)
    await t.rejects(Promise.resolve(create<ItemReader>(async () => numbers()).readItem()), refused)
    const lists = create<ItemReader>(() => [1, 2])
    t.same(
      [lists.readItem(), lists.readItem()],
      [
        [1, 2],
        [1, 2]
      ]
    )
  }
)
