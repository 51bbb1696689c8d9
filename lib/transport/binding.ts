import { NetDiagnosticsError } from '../errors.js';
import { loadFailure } from './load-failure.js';
import type { NativeBinding } from './native.js';

/** Loads the binding; a test can pass its own. */
export type BindingLoader = () => Promise<NativeBinding>;

/** With the full path, because `main` and `types` of its package.json name files that do not exist. */
const importBinding: BindingLoader = async () => {
  const binding: NativeBinding = await import('@number0/iroh/index.js');
  return binding;
};

/**
 * Loads `@number0/iroh`, not before the first use.
 * @throws NetDiagnosticsError `ERR_BINDING_UNAVAILABLE`
 */
export async function loadBinding(load: BindingLoader = importBinding): Promise<NativeBinding> {
  try {
    return await load();
  } catch (error) {
    const { words, fix } = loadFailure(error);
    throw new NetDiagnosticsError(
      'ERR_BINDING_UNAVAILABLE',
      `@number0/iroh cannot be loaded on ${process.platform} ${process.arch}: ${words.replace(/\.$/, '')}. ${fix}`,
      { cause: error },
    );
  }
}
