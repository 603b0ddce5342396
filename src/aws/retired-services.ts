/**
 * Service prefixes that policies still carry although AWS has ended the service, or has never documented the prefix.
 * Data only: the catalogue no longer lists them, and an action of theirs is no slip of the pen.
 *
 * Source: AWS Product Lifecycle page ("AWS services at end of support"); AWS managed policies that still name them.
 */
export const RETIRED_SERVICES: ReadonlyMap<string, string> = new Map([
  ['deepcomposer', 'AWS DeepComposer'],
  ['deeplens', 'AWS DeepLens'],
  ['deepracer', 'AWS DeepRacer'],
  ['elastic-inference', 'Amazon Elastic Inference'],
  ['iot1click', 'AWS IoT 1-Click'],
  ['iotroborunner', 'AWS IoT RoboRunner'],
  ['mobilehub', 'AWS Mobile Hub'],
  ['sagemaker-groundtruth-synthetic', 'Amazon SageMaker Ground Truth Synthetic'],
  ['sumerian', 'Amazon Sumerian'],
  ['gamesparks', 'Amazon GameSparks'],
  ['datazonecontrol', 'the preview of Amazon DataZone'],
])
