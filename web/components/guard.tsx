import { Component, type ComponentChildren } from 'preact';

interface GuardProps {
  /** What the children show. Another value is another attempt. */
  of: unknown;
  /** What is shown in their place. */
  instead(message: string): ComponentChildren;
  children: ComponentChildren;
}

interface GuardState {
  /** Why the children cannot be shown; `null`: they can. */
  message: string | null;
  of: unknown;
}

/** Values come from elsewhere: what cannot be shown says so in its place, and takes nothing else with it. */
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
