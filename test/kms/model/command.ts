/** What may happen in a random sequence. */
import fc from 'fast-check'
import type { Kind } from './model.js'

/** Numbers stand for one of what there is then. */
export type Command =
  | { readonly do: 'create'; readonly kind: Kind }
  | {
      readonly do: 'encrypt' | 'encryptByAlias' | 'encryptAsGrantee'
      readonly key: number
      readonly context: number
    }
  | { readonly do: 'decrypt'; readonly sealed: number; readonly context: number; readonly named: boolean }
  | { readonly do: 'reEncrypt'; readonly sealed: number; readonly key: number }
  | {
      readonly do:
        | 'mac'
        | 'disable'
        | 'enable'
        | 'cancel'
        | 'noRotation'
        | 'rotate'
        | 'replicate'
        | 'movePrimary'
        | 'deleteMaterial'
        | 'grant'
      readonly key: number
    }
  | { readonly do: 'delete' | 'rotation' | 'import'; readonly key: number; readonly days: number }
  | { readonly do: 'alias' | 'moveAlias' | 'tag' | 'untag' | 'describe'; readonly key: number; readonly name: number }
  | { readonly do: 'dropAlias'; readonly name: number }
  | { readonly do: 'revoke' | 'retire'; readonly key: number; readonly grant: number }
  | { readonly do: 'wait'; readonly hours: number; readonly ticks: boolean }

const one = fc.nat({ max: 6 })
const few = fc.nat({ max: 2 })
const days = fc.integer({ min: 7, max: 30 })

function onKey<D extends string>(...names: readonly D[]) {
  return fc.record({ do: fc.constantFrom(...names), key: one })
}

export const COMMAND: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      kind: fc.constantFrom<Kind>('symmetric', 'mac', 'external', 'multiRegion'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('encrypt' as const, 'encryptByAlias' as const, 'encryptAsGrantee' as const),
      key: one,
      context: few,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('decrypt' as const), sealed: one, context: few, named: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reEncrypt' as const), sealed: one, key: one }) },
  {
    weight: 8,
    arbitrary: onKey(
      'mac',
      'disable',
      'enable',
      'cancel',
      'noRotation',
      'rotate',
      'replicate',
      'movePrimary',
      'deleteMaterial',
      'grant',
    ),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key: one, days }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rotation' as const), key: one, days: fc.integer({ min: 90, max: 120 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('import' as const), key: one, days: fc.nat({ max: 60 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'alias' as const,
        'moveAlias' as const,
        'tag' as const,
        'untag' as const,
        'describe' as const,
      ),
      key: one,
      name: few,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dropAlias' as const), name: few }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('revoke' as const, 'retire' as const), key: one, grant: one }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.constantFrom(1, 24, 8 * 24, 31 * 24, 95 * 24),
      ticks: fc.boolean(),
    }),
  },
)
