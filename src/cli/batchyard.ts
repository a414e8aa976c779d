#!/usr/bin/env node
// What `npx batchyard` runs first: an older Node must get one sentence here, not a syntax error out of a dependency. Nothing
// is imported before the version is known, and what is written here is read by every Node that knows modules.
export {}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 12)) {
  const { runProgram } = await import('./program.ts')
  await runProgram(process.argv.slice(2))
} else {
  process.stderr.write(
    `Batchyard needs Node.js 22.12 or newer; this is ${process.version} (${process.execPath}).\n`
  )
  process.exitCode = 1
}
