/**
 * Why minimatch, which is for file arguments, is no matcher of IAM wildcards: the same pattern and text, two answers.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards).
 */
import { minimatch } from 'minimatch'
import { expect, test } from 'vitest'
import { compileGlob } from '../../src/text/glob.js'

// Every option that makes minimatch plainer is on.
const PLAIN = { dot: true, nobrace: true, nocomment: true, noext: true, noglobstar: true, nonegate: true } as const

test.each([
  ['a slash is an ordinary character', '*', 'alias/payments', true],
  ['also between two stars', 'key*1234', 'key/x/1234', true],
  ['brackets are no classes', 'key/[ab]', 'key/a', false],
  ['but stand for themselves', 'key/[ab]', 'key/[ab]', true],
  ['a question mark is any one character', 'alias?x', 'alias/x', true],
  ['dots are no folders', '*', '..', true],
  ['a backslash escapes nothing', 'a\\*', 'a\\b', true],
] as const)('%s', (_name, pattern, text, iam) => {
  expect(compileGlob(pattern).matches(text)).toBe(iam)
  expect(minimatch(text, pattern, PLAIN)).toBe(!iam)
})
