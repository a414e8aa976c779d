// What the jobs of JslFeatures name in ref="…": for each feature of JSL the smallest artifacts that show it.
export { allGood, answer } from './answers.ts'
export { callCounter, commitCount } from './counters.ts'
export { FaultyNumbers as faultyNumbers, FaultyProcessor as faultyProcessor, faultCounter } from './faults.ts'
export { ByWeight as byWeight, numberLog, numbers, weigher } from './numbers.ts'
export { partialSum, ranges, sumOfRange, sumReducer, totalSum } from './sums.ts'
