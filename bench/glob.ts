/**
 * The worst wildcards: patterns of 512 characters that make a backtracking matcher stand still, on 8 KB of text.
 */
import { compileArnGlob } from '../src/text/arn-glob.js'
import { compileGlob } from '../src/text/glob.js'
import { cpuNsPerCall, milliseconds, type Bench } from './measure.js'

const PATTERN_UNITS = 512
const SUBJECT_UNITS = 8192

const filled = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length)

const CASES = [
  {
    label: '`*a*a…*b*…a*a*`',
    pattern: `${filled('*a', PATTERN_UNITS / 2)}*b${filled('*a', PATTERN_UNITS / 2 - 3)}*`,
    subject: filled('a', SUBJECT_UNITS),
  },
  { label: '`*a?a?a…b`', pattern: `*${filled('a?', PATTERN_UNITS - 2)}b`, subject: filled('a', SUBJECT_UNITS) },
  { label: '`*?a*?a…b`', pattern: `${filled('*?a', PATTERN_UNITS - 1)}b`, subject: filled('a', SUBJECT_UNITS) },
  { label: '`*aaa…b*`', pattern: `*${filled('a', PATTERN_UNITS - 3)}b*`, subject: filled('a', SUBJECT_UNITS) },
  { label: '`*???…?b`', pattern: `*${filled('?', PATTERN_UNITS - 2)}b`, subject: filled('ab', SUBJECT_UNITS - 1) },
] as const

const ARN_PREFIX = 'arn:aws:kms:*:111122223333:'

export const glob: Bench = {
  name: 'glob',
  title: 'Worst wildcard pattern',
  input: 'patterns of 512 characters, subjects of 8,192; a text pattern and an ARN pattern (its last field) each',
  run() {
    const target = { text: '<= 1', atMost: 1 }
    return CASES.flatMap(({ label, pattern, subject }) => {
      const text = compileGlob(pattern)
      const arn = compileArnGlob(ARN_PREFIX + pattern, 'resource')
      const arnSubject = `arn:aws:kms:eu-west-1:111122223333:${subject}`
      return [
        {
          label: `text ${label}`,
          unit: 'ms CPU',
          spread: milliseconds(cpuNsPerCall({ calls: 200 }, () => text.matches(subject))),
          target,
        },
        {
          label: `ARN ${label}`,
          unit: 'ms CPU',
          spread: milliseconds(cpuNsPerCall({ calls: 200 }, () => arn.matches(arnSubject))),
          target,
        },
      ]
    })
  },
}
