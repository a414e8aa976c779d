// JSLs of any size: so many steps that do nothing, or a text of so many bytes.

const HEAD = (id: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<job id="${id}" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">\n`

/** `step1` to `stepN`, one after the other, all `noopBatchlet` but the last, whose batchlet is given. */
export function stepsJsl(id: string, steps: number, last = 'noopBatchlet'): string {
  const texts = Array.from({ length: steps }, (_, at) => {
    const next = at + 1 < steps ? ` next="step${at + 2}"` : ''
    return `  <step id="step${at + 1}"${next}>\n    <batchlet ref="${at + 1 < steps ? 'noopBatchlet' : last}"/>\n  </step>\n`
  })
  return `${HEAD(id)}${texts.join('')}</job>\n`
}

/** One step whose batchlet has as many properties as make about `bytes`. */
export function longJsl(id: string, bytes: number): string {
  const property = (at: number) =>
    `        <property name="property${at}" value="${'value '.repeat(30)}${at}"/>\n`
  const count = Math.floor(bytes / property(10_000).length)
  const properties = Array.from({ length: count }, (_, at) => property(at)).join('')
  return `${HEAD(id)}  <step id="step1">\n    <batchlet ref="noopBatchlet">\n      <properties>\n${properties}      </properties>\n    </batchlet>\n  </step>\n</job>\n`
}
