import { NetDiagnosticsError } from '../errors.js';
import { loadFailure } from './load-failure.js';
import type { NativeBinding } from './native.js';

/** Loads the binding; a test puts its own in. */
export type BindingLoader = () => Promise<NativeBinding>;

/** `main` and `types` of its package.json point at files that do not exist, hence the full path. */
const importBinding: BindingLoader = async () => {
  const binding: NativeBinding = await import('@number0/iroh/index.js');
  return binding;
};

/**
 * Loads `@number0/iroh`, at the first use and not before.
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
