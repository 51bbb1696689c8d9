import { Component, type ComponentChildren } from 'preact';

interface GuardProps {
  /** What the children show. When it changes, they are rendered again. */
  of: unknown;
  /** What is shown instead of them. */
  instead(message: string): ComponentChildren;
  children: ComponentChildren;
}

interface GuardState {
  /** Why the children cannot be shown; `null`: they can. */
  message: string | null;
  of: unknown;
}

/**
 * Values come from outside: when the children cannot be rendered, a message replaces them, and the rest of the page
 * stays.
 */
export class Guard extends Component<GuardProps, GuardState> {
  override state: GuardState = { message: null, of: this.props.of };

  static override getDerivedStateFromProps({ of }: GuardProps, state: GuardState): GuardState | null {
    return of === state.of ? null : { message: null, of };
  }

  static override getDerivedStateFromError(error: unknown): Partial<GuardState> {
    return { message: String(error) };
  }

  override render(): ComponentChildren {
    const { instead, children } = this.props;
    const { message } = this.state;
    return message === null ? children : instead(message);
  }
}
