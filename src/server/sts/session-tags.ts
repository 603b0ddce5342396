/**
 * Tags of sessions: what a request passes, what a chain of roles hands on, and what stands behind both.
 *
 * Tag keys are compared without case. The condition keys that are made of them have none either, so a session's tag
 * takes the spelling of the role's or user's own, which it then replaces.
 *
 * Source: IAM User Guide, "Pass session tags in AWS STS"; sts.md 3, 4.
 */
import type { RequestContext } from '../../decide/values.js'
import type { SessionFacts } from '../auth/session.js'
import type { SessionTag } from './inputs.js'

export type Tags = Readonly<Record<string, string>>

export const NO_TAGS: Tags = {}

/** Tags that the calling session hands on to every session made with it. */
export function inheritedTags(session: SessionFacts | undefined): Tags {
  const transitive = new Set((session?.transitiveTagKeys ?? []).map((key) => key.toLowerCase()))
  return Object.fromEntries(
    Object.entries(session?.tags ?? NO_TAGS).filter(([key]) => transitive.has(key.toLowerCase())),
  )
}

/** The first requested key that is inherited already. */
export function conflictingKey(inherited: Tags, requested: readonly SessionTag[]): string | undefined {
  const keys = new Set(Object.keys(inherited).map((key) => key.toLowerCase()))
  return requested.find(({ key }) => keys.has(key.toLowerCase()))?.key
}

/** @param own - tags of the role or user, which the session's replace. */
export function sessionTags(own: Tags, inherited: Tags, requested: readonly SessionTag[]): Tags {
  const spelling = new Map(Object.keys(own).map((key) => [key.toLowerCase(), key]))
  const pairs = [...Object.entries(inherited), ...requested.map(({ key, value }) => [key, value] as const)]
  return Object.fromEntries(pairs.map(([key, value]) => [spelling.get(key.toLowerCase()) ?? key, value]))
}

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export function requestTagKeys(requested: readonly SessionTag[]): RequestContext {
  if (requested.length === 0) return {}
  return {
    ...Object.fromEntries(requested.map(({ key, value }) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': requested.map(({ key }) => key),
  }
}

/** `aws:ResourceTag/…` and `iam:ResourceTag/…` of a role that is to be assumed: inherited tags take the place of its own. */
export function resourceTagKeys(own: Tags, inherited: Tags): RequestContext {
  const tags = { ...own, ...sessionTags(own, inherited, []) }
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`iam:ResourceTag/${key}`, value],
    ]),
  )
}
